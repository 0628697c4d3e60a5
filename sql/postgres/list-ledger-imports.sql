-- Which imports were committed?
select run, environment, dump_sha256 as "dumpSha256", table_count as "tableCount", row_count as "rowCount",
       -- both came with layout 2
       coalesce(pg_catalog.to_jsonb(i) -> 'tables', '[]'::pg_catalog.jsonb) as tables,
       coalesce((pg_catalog.to_jsonb(i) ->> 'replaced')::pg_catalog.bool, false) as replaced,
       imported_at as "importedAt"
from movebook.imports as i
order by imported_at;
