-- Which functions and procedures are there, whose are they, and is each still the same? Not those of extensions.
select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind,
       n.nspname as schema,
       '' as "on",
       pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as name,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'owner', pg_catalog.pg_get_userbyid(p.proowner),
         'privileges', case when p.proacl is not null then array(
           select one::pg_catalog.text from pg_catalog.unnest(p.proacl) as one order by one::pg_catalog.text collate "C") end,
         'settings', p.proconfig,
         'definition, md5', pg_catalog.md5(case p.prokind
           when 'a' then pg_catalog.concat_ws(' ', a.aggkind, a.aggtransfn, a.aggfinalfn, a.aggcombinefn,
             a.aggtranstype::pg_catalog.regtype, a.agginitval, pg_catalog.pg_get_function_result(p.oid), p.proparallel)
           else pg_catalog.pg_get_functiondef(p.oid) end)
       )) as definition
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
left join pg_catalog.pg_aggregate as a on a.aggfnoid = p.oid
where n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
  and not exists (
    select from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')
order by n.nspname collate "C", p.proname collate "C", pg_catalog.pg_get_function_identity_arguments(p.oid) collate "C";
