-- Which extended statistics stand on tables, and how are they collected?
select 'extended statistics' as kind,
       n.nspname as schema,
       c.relname as "on",
       pg_catalog.format('%I.%I', sn.nspname, s.stxname) as name,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'owner', pg_catalog.pg_get_userbyid(s.stxowner),
         'statement', pg_catalog.pg_get_statisticsobjdef(s.oid),
         -- a column of pg_statistic_ext since 13; null where -1 was, since 17
         'statistics target', nullif((pg_catalog.to_jsonb(s) ->> 'stxstattarget')::pg_catalog.int4, -1)
       )) as definition
from pg_catalog.pg_statistic_ext as s
join pg_catalog.pg_namespace as sn on sn.oid = s.stxnamespace
join pg_catalog.pg_class as c on c.oid = s.stxrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname collate "C", c.relname collate "C", sn.nspname collate "C", s.stxname collate "C";
