-- Which of the server's own triggers (of foreign keys, deferrable unique keys, partitions) are not simply enabled?
select 'internal trigger' as kind,
       n.nspname as schema,
       c.relname as "on",
       -- their own names hold numbers
       pg_catalog.concat_ws(' of ', p.proname, coalesce(k.conname, g.tgname)) as name,
       pg_catalog.jsonb_build_object('state', g.tgenabled) as definition
from pg_catalog.pg_trigger as g
join pg_catalog.pg_class as c on c.oid = g.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_proc as p on p.oid = g.tgfoid
left join pg_catalog.pg_constraint as k on k.oid = g.tgconstraint
where g.tgisinternal
  and g.tgenabled <> 'O'
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname collate "C", c.relname collate "C", p.proname collate "C", k.conname collate "C", g.tgname collate "C";
