-- May this role make and drop the ledger's schema?
select pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') as "mayCreate",
       (select pg_catalog.pg_get_userbyid(n.nspowner)
        from pg_catalog.pg_namespace as n where n.nspname = 'movebook') as "ledgerOwner",
       coalesce((select pg_catalog.pg_has_role(n.nspowner, 'USAGE')
        from pg_catalog.pg_namespace as n where n.nspname = 'movebook'), false) as "ownsLedger";
