-- Which security labels stand on things of this database?
select 'security label' as kind,
       coalesce(i.schema, '') as schema,
       coalesce(c.relname, '') as "on",
       pg_catalog.format('%s on %s %s', l.provider, i.type, i.identity) as name,
       pg_catalog.jsonb_build_object('label', l.label) as definition
from (
  select s.objoid, s.classoid, s.objsubid, s.provider, s.label
  from pg_catalog.pg_seclabel as s
  union all
  select s.objoid, s.classoid, 0, s.provider, s.label
  from pg_catalog.pg_shseclabel as s
  where s.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
    and s.objoid = (select b.oid from pg_catalog.pg_database as b where b.datname = pg_catalog.current_database())
) as l
cross join lateral pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) as i
left join pg_catalog.pg_class as c on l.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = l.objoid
where coalesce(i.schema, '') <> 'movebook'
  -- large objects are data
  and l.classoid <> 'pg_catalog.pg_largeobject'::pg_catalog.regclass
order by 2, 4;
