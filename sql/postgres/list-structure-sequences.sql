-- Which sequences are there, with which parameters, and whose are they? Not where they stand.
select 'sequence' as kind,
       n.nspname as schema,
       c.relname as "on",
       c.relname as name,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'owner', pg_catalog.pg_get_userbyid(c.relowner),
         'privileges', case when c.relacl is not null then array(
           select one::pg_catalog.text from pg_catalog.unnest(c.relacl) as one order by one::pg_catalog.text collate "C") end,
         'persistence', nullif(c.relpersistence, 'p'),
         'type', pg_catalog.format_type(s.seqtypid, null),
         'start', s.seqstart,
         'increment', s.seqincrement,
         'minimum', s.seqmin,
         'maximum', s.seqmax,
         'cache', s.seqcache,
         'cycles', nullif(s.seqcycle, false),
         'table', case when t.oid is not null then pg_catalog.jsonb_build_array(tn.nspname, t.relname) end,
         'column', a.attname,
         'identity', nullif(d.deptype = 'i', false)
       )) as definition
from pg_catalog.pg_sequence as s
join pg_catalog.pg_class as c on c.oid = s.seqrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_depend as d
  on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.objsubid = 0
  and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
left join pg_catalog.pg_class as t on t.oid = d.refobjid
left join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
left join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname collate "C", c.relname collate "C";
