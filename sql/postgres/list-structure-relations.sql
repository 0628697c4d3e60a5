-- Which tables, views and composite types are there, whose are they, and how are they stored, shared and guarded?
select case c.relkind
         when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view' when 'm' then 'materialized view'
         when 'f' then 'foreign table' else 'composite type' end as kind,
       n.nspname as schema,
       c.relname as "on",
       c.relname as name,
       -- whether a materialized view holds data is no structure: a move fills it
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'owner', pg_catalog.pg_get_userbyid(c.relowner),
         'privileges', case when c.relacl is not null then array(
           select one::pg_catalog.text from pg_catalog.unnest(c.relacl) as one order by one::pg_catalog.text collate "C") end,
         'persistence', nullif(c.relpersistence, 'p'),
         'options', c.reloptions,
         'toast options', toast.reloptions,
         'replica identity', nullif(case when c.relkind in ('r', 'p', 'm') then c.relreplident end, 'd'),
         'row security', nullif(c.relrowsecurity, false),
         'row security forced', nullif(c.relforcerowsecurity, false),
         'access method', am.amname,
         'tablespace', s.spcname,
         'partition key', pg_catalog.pg_get_partkeydef(c.oid),
         'partition bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid),
         'parents', (
           select pg_catalog.array_agg(pg_catalog.format('%I.%I', pn.nspname, p.relname) order by i.inhseqno)
           from pg_catalog.pg_inherits as i
           join pg_catalog.pg_class as p on p.oid = i.inhparent
           join pg_catalog.pg_namespace as pn on pn.oid = p.relnamespace
           where i.inhrelid = c.oid),
         'of type', case when c.reloftype <> 0 then pg_catalog.format_type(c.reloftype, null) end,
         'query', case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end
       )) as definition
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_class as toast on toast.oid = c.reltoastrelid and c.reltoastrelid <> 0
left join pg_catalog.pg_am as am on am.oid = c.relam
left join pg_catalog.pg_tablespace as s on s.oid = c.reltablespace
where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname collate "C", c.relname collate "C";
