-- Which comments stand on things? Those on constraints, triggers and indexes are listed with them.
select 'comment' as kind,
       coalesce(i.schema, '') as schema,
       coalesce(c.relname, '') as "on",
       i.type || ' ' || i.identity as name,
       pg_catalog.jsonb_build_object('text', d.description) as definition
from pg_catalog.pg_description as d
cross join lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) as i
left join pg_catalog.pg_class as c on d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = d.objoid
-- the objects of initdb, which have comments by the thousand, have lower numbers; the schema public is one of them
where (d.objoid >= 16384 or d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and i.identity = 'public')
  and coalesce(c.relkind, 'r') not in ('i', 'I')
  and coalesce(i.schema, '') !~ '^pg_'
  and coalesce(i.schema, '') not in ('information_schema', 'movebook')
  and not (d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and i.identity = 'movebook')
  and d.classoid <> 'pg_catalog.pg_trigger'::pg_catalog.regclass
  -- large objects are data
  and d.classoid <> 'pg_catalog.pg_largeobject'::pg_catalog.regclass
  -- the copies of a foreign key on partitions and constraint triggers are not listed
  and not exists (
    select from pg_catalog.pg_constraint as k
    where d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
      and k.oid = d.objoid and k.contype <> 't' and not (k.contype = 'f' and k.conparentid <> 0))
  and not exists (
    select from pg_catalog.pg_depend as e
    where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')
union all
select 'comment', '', '', 'database', pg_catalog.jsonb_build_object('text', s.description)
from pg_catalog.pg_shdescription as s
where s.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
  and s.objoid = (select b.oid from pg_catalog.pg_database as b where b.datname = pg_catalog.current_database())
order by 2, 4;
