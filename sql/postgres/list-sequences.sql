-- Which sequences are there, how do they count, whose are they, and which columns draw from them?
with uses as (
    -- defaults that name the sequence
    select d.refobjid as sequence,
           a.attrelid,
           a.attnum,
           -- the value as it is drawn; `'INV-' || nextval(...)` cannot be compared with the sequence
           pg_catalog.pg_get_expr(f.adbin, f.adrelid)
             ~ '^\(?(pg_catalog\.)?nextval\(''.*''::(pg_catalog\.)?regclass\)\)?(::[a-z ]+)?$' as plain
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_attrdef as f on f.oid = d.objid
    join pg_catalog.pg_attribute as a on a.attrelid = f.adrelid and a.attnum = f.adnum
    where d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  union
    -- identity columns
    select d.objid, d.refobjid, d.refobjsubid, true
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.deptype = 'i' and d.refobjsubid > 0
),
draws as (
    select uses.sequence,
           pg_catalog.json_agg(pg_catalog.json_build_object(
             'schema', n.nspname,
             'table', c.relname,
             'column', a.attname,
             'compared', uses.plain and coalesce(b.oid, t.oid) in (20, 21, 23, 1700)
               and pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
           ) order by n.nspname, c.relname, a.attname) as columns
    from uses
    join pg_catalog.pg_class as c on c.oid = uses.attrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute as a on a.attrelid = uses.attrelid and a.attnum = uses.attnum
    join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join pg_catalog.pg_type as b on b.oid = t.typbasetype and t.typtype = 'd'
    where c.relkind in ('r', 'p')
      and c.relpersistence <> 't'
      -- a partition whose parent draws from the same sequence is read with its parent
      and not (c.relispartition and exists (
        select 1
        from pg_catalog.pg_inherits as i
        join uses as above on above.attrelid = i.inhparent and above.sequence = uses.sequence
        where i.inhrelid = c.oid
      ))
    group by uses.sequence
)
select n.nspname as schema,
       c.relname as name,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') as owned,
       pg_catalog.has_sequence_privilege(c.oid, 'SELECT') as "mayRead",
       pg_catalog.has_sequence_privilege(c.oid, 'UPDATE') as "maySet",
       e.extname as extension,
       case when od.objid is null then null else pg_catalog.json_build_object(
         'schema', onn.nspname, 'table', oc.relname, 'column', oa.attname) end as "owner",
       case od.deptype when 'i' then 'identity' when 'a' then 'serial' else 'alone' end as kind,
       pg_catalog.format_type(s.seqtypid, null) as type,
       s.seqstart as start,
       s.seqincrement as increment,
       s.seqmin as min,
       s.seqmax as max,
       s.seqcycle as cycle,
       coalesce(draws.columns, '[]'::pg_catalog.json) as draws
from pg_catalog.pg_sequence as s
join pg_catalog.pg_class as c on c.oid = s.seqrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join draws on draws.sequence = c.oid
left join pg_catalog.pg_depend as od
  on od.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and od.objid = c.oid
  and od.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and od.deptype in ('a', 'i') and od.refobjsubid > 0
left join pg_catalog.pg_class as oc on oc.oid = od.refobjid
left join pg_catalog.pg_namespace as onn on onn.oid = oc.relnamespace
left join pg_catalog.pg_attribute as oa on oa.attrelid = od.refobjid and oa.attnum = od.refobjsubid
left join pg_catalog.pg_depend as d
  on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
left join pg_catalog.pg_extension as e on e.oid = d.refobjid
where c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname, c.relname;
