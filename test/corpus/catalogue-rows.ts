import { type Clients, type Connection, queryRows } from "./libpq.ts";

/** One system catalogue: how its rows are named, and what of them a move may change without changing the schema. */
interface SystemCatalogue {
  readonly name: string;
  /** SQL of alias r that names the row. */
  readonly label: string;
  /** Columns that are no part of the schema: storage, statistics, and the numbers of keys that are made anew. */
  readonly volatile?: readonly string[];
  /** SQL of alias r; only these rows. */
  readonly where?: string;
  /** More that belongs to a row: a jsonb of alias r. */
  readonly more?: string;
}

/** The first number that a database gives to what its users make. */
const firstUserObject = 16_384;

const isKept = (relation: string): string =>
  `exists (select from pg_class k join pg_namespace kn on kn.oid = k.relnamespace
     where k.oid = ${relation} and k.oid >= ${firstUserObject} and kn.nspname !~ '^pg_(toast|temp)')`;

const constraintName = (oid: string): string =>
  `(select format('%s on %s', quote_ident(p.conname), p.conrelid::regclass) from pg_constraint p where p.oid = ${oid})`;

const ofUsers = `r.oid >= ${firstUserObject}`;
const described = (catalogue: string): string =>
  `pg_describe_object('${catalogue}'::regclass, r.oid, 0)`;

const plain = (name: string, volatile: readonly string[] = []): SystemCatalogue => ({
  name,
  label: described(name),
  volatile,
  where: ofUsers,
});

const ofRelation = (name: string, relation: string): SystemCatalogue => ({
  name,
  label: `r.${relation}::regclass::text`,
  where: isKept(`r.${relation}`),
});

const systemCatalogues: readonly SystemCatalogue[] = [
  {
    name: "pg_class",
    label: "r.oid::regclass::text",
    volatile: [
      "relfilenode",
      "relpages",
      "reltuples",
      "relallvisible",
      "relallfrozen",
      "relfrozenxid",
      "relminmxid",
      // is v1's, and compared with the contents
      "relispopulated",
      // a refreshed materialized view gets a new one, and is populated
      "reltoastrelid",
      "relispopulated",
    ],
    where: isKept("r.oid"),
    more: "jsonb_build_object('toast', (select coalesce(t.reloptions, '{}') from pg_class t where t.oid = r.reltoastrelid))",
  },
  {
    name: "pg_attribute",
    label: "format('%s.%I', r.attrelid::regclass, r.attname)",
    where: isKept("r.attrelid"),
  },
  { ...ofRelation("pg_index", "indexrelid"), volatile: ["indcheckxmin"] },
  {
    name: "pg_constraint",
    label: "format('%s on %s', quote_ident(r.conname), r.conrelid::regclass)",
    volatile: ["oid", "conparentid"],
    where: ofUsers,
    more: `jsonb_build_object('parent', ${constraintName("r.conparentid")})`,
  },
  {
    name: "pg_trigger",
    label: `format('%s on %s', case when r.tgisinternal then 'of the server' else quote_ident(r.tgname) end, r.tgrelid::regclass)`,
    volatile: ["oid", "tgname", "tgconstraint", "tgparentid"],
    where: isKept("r.tgrelid"),
    more: `jsonb_build_object('tgname', case when not r.tgisinternal then r.tgname end,
      'function', r.tgfoid::regproc, 'constraint', ${constraintName("r.tgconstraint")},
      'parent', r.tgparentid <> 0)`,
  },
  { ...plain("pg_rewrite", ["ev_action", "ev_qual"]) },
  plain("pg_policy"),
  plain("pg_attrdef"),
  plain("pg_type"),
  plain("pg_proc"),
  {
    name: "pg_enum",
    label: "format('%s %L', r.enumtypid::regtype, r.enumlabel)",
    where: ofUsers,
  },
  plain("pg_extension"),
  plain("pg_event_trigger"),
  plain("pg_statistic_ext"),
  plain("pg_publication"),
  plain("pg_publication_rel"),
  plain("pg_publication_namespace"),
  plain("pg_default_acl"),
  plain("pg_foreign_server"),
  ofRelation("pg_sequence", "seqrelid"),
  ofRelation("pg_inherits", "inhrelid"),
  ofRelation("pg_partitioned_table", "partrelid"),
  ofRelation("pg_foreign_table", "ftrelid"),
  {
    name: "pg_namespace",
    label: "quote_ident(r.nspname)",
    where: "r.nspname !~ '^pg_(toast|temp)'",
  },
  {
    name: "pg_description",
    label: "pg_describe_object(r.classoid, r.objoid, r.objsubid)",
    volatile: ["objoid"],
    where: `r.objoid >= ${firstUserObject}`,
  },
  {
    name: "pg_depend",
    label: `format('%s needs %s', pg_describe_object(r.classid, r.objid, r.objsubid), pg_describe_object(r.refclassid, r.refobjid, r.refobjsubid))`,
    volatile: ["objid", "refobjid"],
    // a trigger of the server has its number in its name; toast tables come and go
    where: `r.objid >= ${firstUserObject} and 'pg_trigger'::regclass not in (r.classid, r.refclassid)
      and not (r.classid = 'pg_class'::regclass and not ${isKept("r.objid")})`,
  },
  {
    name: "pg_db_role_setting",
    label: "coalesce(r.setrole::regrole::text, '')",
    where: "r.setdatabase in (0, (select oid from pg_database where datname = current_database()))",
  },
  {
    name: "pg_database",
    label: "quote_ident(r.datname)",
    volatile: ["datfrozenxid", "datminmxid"],
    where: "r.datname = current_database()",
  },
];

const buildQuestion = ({
  name,
  label,
  volatile = [],
  where = "true",
  more = "'{}'",
}: SystemCatalogue): string => {
  const taken = volatile.map((column) => `'${column}'`).join(", ");
  const row = volatile.length === 0 ? "to_jsonb(r)" : `(to_jsonb(r) - array[${taken}]::text[])`;
  // tabs and line breaks cannot stand in a jsonb's text
  return `select '${name} ' || replace(replace(${label}, e'\\n', ' '), e'\\t', ' ') || ' ' || (${row} || (${more})::jsonb)::text as state
    from pg_catalog.${name} r where ${where}`;
};

const question = `select state from (${systemCatalogues.map(buildQuestion).join("\nunion all\n")}) s order by state collate "C"`;

/**
 * Every row of the system catalogues that describes what users have made, as JSON with its numbers: whatever is made
 * anew shows, unless it is a foreign key with its triggers.
 */
export const listCatalogueRows = async (
  clients: Clients,
  connection: Connection,
): Promise<string[]> =>
  (await queryRows(clients, connection, question)).map(([state = ""]) => state);
