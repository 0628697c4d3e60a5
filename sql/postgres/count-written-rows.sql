-- How many rows have been written to application tables since statistics were last reset, and how many transactions have written anywhere on this server?
select (select coalesce(pg_catalog.sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del), 0) from pg_catalog.pg_stat_user_tables as s)::pg_catalog.text as rows,
       case when pg_catalog.pg_is_in_recovery() then null
            else pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) end::pg_catalog.text as transactions,
       exists (
         select 1
         from pg_catalog.pg_stat_activity as a
         -- autovacuum's workers have no role
         where a.datname <> pg_catalog.current_database()
           or (a.datname is not null and a.usesysid is null)
       ) as "othersMayWrite";
