-- Which event triggers are there, and in which state?
select 'event trigger' as kind,
       '' as schema,
       '' as "on",
       e.evtname as name,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'owner', pg_catalog.pg_get_userbyid(e.evtowner),
         'event', e.evtevent,
         'function', e.evtfoid::pg_catalog.regprocedure::pg_catalog.text,
         'state', e.evtenabled,
         'tags', e.evttags
       )) as definition
from pg_catalog.pg_event_trigger as e
order by e.evtname collate "C";
