-- Which row-level security policies stand on tables, for whom, and what do they let through?
select 'policy' as kind,
       n.nspname as schema,
       c.relname as "on",
       p.polname as name,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'command', p.polcmd,
         'permissive', p.polpermissive,
         'roles', array(
           select case member when 0 then 'public' else pg_catalog.pg_get_userbyid(member) end::pg_catalog.text
           from pg_catalog.unnest(p.polroles) as member order by 1),
         'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
         'with check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
       )) as definition
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname collate "C", c.relname collate "C", p.polname collate "C";
