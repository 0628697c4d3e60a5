-- How many rows has the COPY of that backend taken so far?
select tuples_processed as rows from pg_catalog.pg_stat_progress_copy where pid = $1::pg_catalog.int4;
