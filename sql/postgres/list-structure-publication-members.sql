-- Which tables and schemas are in a publication, with which columns and rows?
select 'publication member' as kind,
       n.nspname as schema,
       c.relname as "on",
       p.pubname as name,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         -- columns of pg_publication_rel since 15
         'columns', case pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(r) -> 'prattrs') when 'array' then (
           select pg_catalog.jsonb_agg(a.attname order by a.attnum)
           from pg_catalog.jsonb_array_elements_text(pg_catalog.to_jsonb(r) -> 'prattrs') as part (attnum)
           join pg_catalog.pg_attribute as a on a.attrelid = r.prrelid and a.attnum = part.attnum::pg_catalog.int2)
           else pg_catalog.to_jsonb(r) -> 'prattrs' end,
         -- the server prints the condition only from the column itself, which older ones do not have
         'where, md5', pg_catalog.md5(pg_catalog.to_jsonb(r) ->> 'prqual')
       )) as definition
from pg_catalog.pg_publication_rel as r
join pg_catalog.pg_publication as p on p.oid = r.prpubid
join pg_catalog.pg_class as c on c.oid = r.prrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
union all
-- pg_publication_namespace exists since 15; what depends on what is known everywhere
select 'publication member', n.nspname, '', p.pubname, pg_catalog.jsonb_build_object('schema', n.nspname)
from pg_catalog.pg_depend as d
join pg_catalog.pg_namespace as n on n.oid = d.refobjid
join pg_catalog.pg_depend as e
  on e.classid = d.classid and e.objid = d.objid and e.refclassid = 'pg_catalog.pg_publication'::pg_catalog.regclass
join pg_catalog.pg_publication as p on p.oid = e.refobjid
where d.classid = pg_catalog.to_regclass('pg_catalog.pg_publication_namespace')
  and d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
order by 2, 3, 4;
