-- What is published, and which subscriptions are there? Of a subscription nothing that could hold a password.
select 'publication' as kind,
       '' as schema,
       '' as "on",
       p.pubname as name,
       -- whatever this version knows of it: truncate, via_root, generated columns
       pg_catalog.to_jsonb(p) - array['oid', 'pubname', 'pubowner']
         || pg_catalog.jsonb_build_object('owner', pg_catalog.pg_get_userbyid(p.pubowner)) as definition
from pg_catalog.pg_publication as p
union all
select 'subscription', '', '', s.subname,
       pg_catalog.jsonb_build_object(
         'owner', pg_catalog.pg_get_userbyid(s.subowner),
         'enabled', s.subenabled,
         'slot', s.subslotname,
         'publications', s.subpublications)
from pg_catalog.pg_subscription as s
where s.subdbid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
order by 1, 4;
