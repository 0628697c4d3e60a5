import { quoteLiteral } from "../../scripts/postgres/identifier.ts";

/** All kinds of objects that have an owner and can be given away by `alter <kind> <name> owner to`. */
const catalogues: readonly {
  readonly name: string;
  readonly schema: string;
  readonly where: string;
}[] = [
  { name: "pg_namespace", schema: "oid", where: "true" },
  // sequences of serial and identity columns follow their tables
  {
    name: "pg_class",
    schema: "relnamespace",
    where: `relkind in ('r', 'p', 'v', 'm', 'f') or relkind = 'S' and not exists (
      select from pg_depend s where s.classid = 'pg_class'::regclass and s.objid = o.oid and s.deptype in ('a', 'i')
        and s.refclassid = 'pg_class'::regclass)`,
  },
  { name: "pg_proc", schema: "pronamespace", where: "true" },
  {
    name: "pg_type",
    schema: "typnamespace",
    where:
      "typtype in ('d', 'e', 'r') or typrelid <> 0 and exists (select from pg_class c where c.oid = typrelid and c.relkind = 'c')",
  },
  { name: "pg_operator", schema: "oprnamespace", where: "true" },
  { name: "pg_opclass", schema: "opcnamespace", where: "true" },
  { name: "pg_opfamily", schema: "opfnamespace", where: "true" },
  { name: "pg_collation", schema: "collnamespace", where: "true" },
  { name: "pg_conversion", schema: "connamespace", where: "true" },
  { name: "pg_ts_config", schema: "cfgnamespace", where: "true" },
  { name: "pg_ts_dict", schema: "dictnamespace", where: "true" },
  { name: "pg_statistic_ext", schema: "stxnamespace", where: "true" },
];

const listObjects = ({ name, schema, where }: (typeof catalogues)[number]): string => `
  select i.type, i.identity from pg_catalog.${name} o join pg_catalog.pg_namespace n on n.oid = o.${schema},
    pg_catalog.pg_identify_object('pg_catalog.${name}'::regclass, o.oid, 0) i
  where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg\\_t%emp\\_%'
    and (${where})
    and not exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.${name}'::regclass and d.objid = o.oid and d.deptype = 'e')`;

/** SQL that gives everything in a database but extensions to a role, as a managed service's databases are owned. */
export const buildGiveAway = (owner: string): string => `do $body$
declare
  object record;
begin
  for object in ${catalogues.map(listObjects).join(" union all ")} loop
    execute pg_catalog.format('alter %s %s owner to %I',
      case object.type when 'statistics object' then 'statistics' when 'composite type' then 'type' else object.type end,
      object.identity, ${quoteLiteral(owner)});
  end loop;
end $body$`;
