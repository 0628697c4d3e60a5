-- How did a transaction end? (Null: too long ago to be known, or of another server.)
select case when $1::pg_catalog.int8 < pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())
       then pg_catalog.txid_status($1::pg_catalog.int8) end as status;
