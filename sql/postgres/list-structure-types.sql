-- Which domains, enums, ranges and other types are there, and how are they defined? Not those of tables and extensions.
select case t.typtype when 'd' then 'domain' when 'e' then 'enum' when 'r' then 'range' else 'type' end as kind,
       n.nspname as schema,
       -- constraints of a domain stand on it
       t.typname as "on",
       t.typname as name,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'owner', pg_catalog.pg_get_userbyid(t.typowner),
         'privileges', case when t.typacl is not null then array(
           select one::pg_catalog.text from pg_catalog.unnest(t.typacl) as one order by one::pg_catalog.text collate "C") end,
         'type', case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod) end,
         'not null', nullif(t.typnotnull, false),
         'default', t.typdefault,
         'collation', case when t.typtype = 'd' and t.typcollation <> b.typcollation then l.collname end,
         'labels', case when t.typtype = 'e' then array(
           select e.enumlabel from pg_catalog.pg_enum as e where e.enumtypid = t.oid order by e.enumsortorder) end,
         'of', pg_catalog.format_type(r.rngsubtype, null),
         'storage', case when t.typtype = 'b' then t.typstorage end
       )) as definition
from pg_catalog.pg_type as t
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
left join pg_catalog.pg_type as b on b.oid = t.typbasetype
left join pg_catalog.pg_collation as l on l.oid = t.typcollation
left join pg_catalog.pg_range as r on r.rngtypid = t.oid
where t.typtype in ('b', 'd', 'e', 'r')
  -- arrays are made with their type
  and not (t.typcategory = 'A' and t.typelem <> 0)
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
  and not exists (
    select from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.objid = t.oid and d.deptype = 'e')
order by n.nspname collate "C", t.typname collate "C";
