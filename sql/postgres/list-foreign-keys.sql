-- Which foreign keys stand on their own, how are they defined, and may this role drop and add them?
select n.nspname as schema,
       c.relname as "table",
       k.conname as name,
       pg_catalog.pg_get_constraintdef(k.oid) as definition,
       k.convalidated as validated,
       -- a column of pg_constraint since 18: NOT ENFORCED refuses nothing
       coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::pg_catalog.bool, true) as enforced,
       coalesce((pg_catalog.to_jsonb(k) ->> 'conperiod')::pg_catalog.bool, false) as period,
       pg_catalog.obj_description(k.oid, 'pg_constraint') as comment,
       c.relkind as "tableKind",
       keys.columns,
       fn.nspname as "referencedSchema",
       f.relname as "referencedTable",
       f.relkind as "referencedKind",
       keys.referenced as "referencedColumns",
       keys.operators,
       case k.confmatchtype when 'f' then 'f' else 's' end as match,
       k.confdeltype as "onDelete",
       deleted.columns as "setOnDelete",
       copies.list as copies,
       copies.as_made and not exists (
         select 1 from pg_catalog.pg_trigger as t where t.tgconstraint = k.oid and t.tgenabled <> 'O') as "asMade",
       pg_catalog.pg_has_role(c.relowner, 'USAGE') as owned,
       pg_catalog.has_table_privilege(f.oid, 'REFERENCES') or keys.may_reference as "mayReference",
       e.extname as extension
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_class as f on f.oid = k.confrelid
join pg_catalog.pg_namespace as fn on fn.oid = f.relnamespace
left join pg_catalog.pg_depend as d
  on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.objsubid = 0 and d.deptype = 'e'
left join pg_catalog.pg_extension as e on e.oid = d.refobjid
cross join lateral (
  select pg_catalog.array_agg(a.attname order by key.place) as columns,
         pg_catalog.array_agg(fa.attname order by key.place) as referenced,
         -- qualified: an empty search_path does not see the operators of citext and its like
         pg_catalog.array_agg(pg_catalog.format('OPERATOR(%I.%s)', opn.nspname, o.oprname) order by key.place) as operators,
         pg_catalog.bool_and(pg_catalog.has_column_privilege(k.confrelid, key.referenced, 'REFERENCES')) as may_reference
  from rows from (
    pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), pg_catalog.unnest(k.conpfeqop)
  ) with ordinality as key (attnum, referenced, operator, place)
  join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = key.attnum
  join pg_catalog.pg_attribute as fa on fa.attrelid = k.confrelid and fa.attnum = key.referenced
  join pg_catalog.pg_operator as o on o.oid = key.operator
  join pg_catalog.pg_namespace as opn on opn.oid = o.oprnamespace
) as keys
cross join lateral (
  -- confdelsetcols, since 15: ON DELETE SET NULL (some columns)
  select coalesce(pg_catalog.array_agg(a.attname order by a.attnum), '{}'::pg_catalog.name[]) as columns
  from pg_catalog.jsonb_array_elements_text(
    case pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(k) -> 'confdelsetcols')
      when 'array' then pg_catalog.to_jsonb(k) -> 'confdelsetcols' else '[]'::pg_catalog.jsonb end) as part (attnum)
  join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = part.attnum::pg_catalog.int2
) as deleted
cross join lateral (
  -- what the server keeps on partitions of either table, the deepest first
  with recursive copy as (
    select d.oid, 1 as depth from pg_catalog.pg_constraint as d where d.conparentid = k.oid
    union all
    select d.oid, copy.depth + 1 from copy join pg_catalog.pg_constraint as d on d.conparentid = copy.oid
  )
  select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
           'schema', dn.nspname,
           'table', dc.relname,
           'name', d.conname,
           'comment', pg_catalog.obj_description(d.oid, 'pg_constraint'),
           'referencedSchema', dfn.nspname,
           'referencedTable', df.relname,
           -- attached below the parent's key, and made before
           'own', case when d.connoinherit then pg_catalog.pg_get_constraintdef(d.oid) end
         ) order by copy.depth desc, dn.nspname, dc.relname, d.conname), '[]'::pg_catalog.jsonb) as list,
         coalesce(pg_catalog.bool_and(not exists (
           select 1 from pg_catalog.pg_trigger as t where t.tgconstraint = d.oid and t.tgenabled <> 'O')), true) as as_made
  from copy
  join pg_catalog.pg_constraint as d on d.oid = copy.oid
  join pg_catalog.pg_class as dc on dc.oid = d.conrelid
  join pg_catalog.pg_namespace as dn on dn.oid = dc.relnamespace
  join pg_catalog.pg_class as df on df.oid = d.confrelid
  join pg_catalog.pg_namespace as dfn on dfn.oid = df.relnamespace
) as copies
where k.contype = 'f'
  and k.conparentid = 0
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname, c.relname, k.conname;
