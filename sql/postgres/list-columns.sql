-- Which columns does each table have, of which type, and what fills them?
select a.attrelid::text as "table",
       a.attname as name,
       a.attnum as position,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
       tn.nspname as "typeSchema",
       t.typname as "typeName",
       t.typtype as "typeKind",
       own.typcategory = 'A' and own.typelem <> 0 as "isArray",
       a.attnotnull as "notNull",
       a.atthasdef or own.typdefault is not null as "hasDefault",
       a.attidentity as identity,
       a.attgenerated as generated
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_type as own on own.oid = a.atttypid
join pg_catalog.pg_type as t
  on t.oid = case when own.typcategory = 'A' and own.typelem <> 0 then own.typelem else own.oid end
join pg_catalog.pg_namespace as tn on tn.oid = t.typnamespace
where a.attnum > 0
  and not a.attisdropped
  and c.relkind in ('r', 'p')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by a.attrelid, a.attnum;
