-- Which ledger row is settled now?
update movebook.foreign_keys set restored_at = pg_catalog.clock_timestamp() where id = $1 and restored_at is null;
