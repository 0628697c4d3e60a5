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
where k.contype = 'f'
  and k.conparentid = 0
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname, c.relname, k.conname;
