-- Which rules stand on tables and views, and in which state? Not those that make a view.
select 'rule' as kind,
       n.nspname as schema,
       c.relname as "on",
       r.rulename as name,
       pg_catalog.jsonb_build_object(
         'state', r.ev_enabled,
         'statement', pg_catalog.pg_get_ruledef(r.oid)
       ) as definition
from pg_catalog.pg_rewrite as r
join pg_catalog.pg_class as c on c.oid = r.ev_class
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where r.rulename <> '_RETURN'
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname collate "C", c.relname collate "C", r.rulename collate "C";
