-- Which materialized views are there, are they filled, and from which others do they read, through views and functions too?
with recursive reach as (
    select r.ev_class as root,
           'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid as classid,
           r.oid as objid
    from pg_catalog.pg_rewrite as r
    join pg_catalog.pg_class as c on c.oid = r.ev_class and c.relkind = 'm'
  union
    select reach.root, next.classid, next.objid
    from reach
    join pg_catalog.pg_depend as d on d.classid = reach.classid and d.objid = reach.objid
    cross join lateral (
      -- a view: what its rule reads
      select 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid as classid, r.oid as objid
      from pg_catalog.pg_rewrite as r
      join pg_catalog.pg_class as v on v.oid = r.ev_class and v.relkind = 'v'
      where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and r.ev_class = d.refobjid
      union all
      select d.refclassid, d.refobjid
      where d.refclassid in ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass)
    ) as next
    where reach.classid <> 'pg_catalog.pg_class'::pg_catalog.regclass
)
select n.nspname as schema,
       c.relname as name,
       c.relispopulated as populated,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') as owned,
       e.extname as extension,
       (
         select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('schema', mn.nspname, 'name', m.relname)
                  order by mn.nspname, m.relname), '[]'::pg_catalog.json)
         from (select distinct reach.objid from reach
               where reach.root = c.oid and reach.classid = 'pg_catalog.pg_class'::pg_catalog.regclass) as used
         join pg_catalog.pg_class as m on m.oid = used.objid and m.relkind = 'm' and m.oid <> c.oid
         join pg_catalog.pg_namespace as mn on mn.oid = m.relnamespace
       ) as "readsFrom"
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_depend as d
  on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.objsubid = 0 and d.deptype = 'e'
left join pg_catalog.pg_extension as e on e.oid = d.refobjid
where c.relkind = 'm'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname, c.relname;
