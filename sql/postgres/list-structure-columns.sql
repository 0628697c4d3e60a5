-- Which columns are there, in which order, and how is each filled, stored, counted and shared?
select 'column' as kind,
       n.nspname as schema,
       c.relname as "on",
       a.attname as name,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         -- dropped columns leave gaps in attnum
         'place', pg_catalog.row_number() over (partition by a.attrelid order by a.attnum),
         'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
         'collation', case when a.attcollation <> t.typcollation then (
           select pg_catalog.format('%I.%I', cn.nspname, l.collname)
           from pg_catalog.pg_collation as l
           join pg_catalog.pg_namespace as cn on cn.oid = l.collnamespace
           where l.oid = a.attcollation) end,
         'not null', nullif(a.attnotnull, false),
         'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
         'identity', nullif(a.attidentity, ''),
         'generated', nullif(a.attgenerated, ''),
         -- null where -1 was, since 17
         'statistics target', nullif(a.attstattarget, -1),
         'storage', case when a.attstorage <> t.typstorage then a.attstorage end,
         -- a column of pg_attribute since 14
         'compression', nullif(pg_catalog.to_jsonb(a) ->> 'attcompression', ''),
         'options', a.attoptions,
         'foreign options', a.attfdwoptions,
         'privileges', case when a.attacl is not null then array(
           select one::pg_catalog.text from pg_catalog.unnest(a.attacl) as one order by one::pg_catalog.text collate "C") end,
         'inherited', nullif(a.attinhcount, 0),
         'local', nullif(a.attislocal, true)
       )) as definition
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_type as t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attnum > 0
  and not a.attisdropped
  -- of an index only what can be set: the statistics target of an expression
  and (c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') or c.relkind in ('i', 'I') and a.attstattarget <> -1)
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname collate "C", c.relname collate "C", a.attnum;
