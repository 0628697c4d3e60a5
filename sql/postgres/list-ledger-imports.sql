-- Which imports were committed?
select run, environment, dump_sha256 as "dumpSha256", table_count as "tableCount", row_count as "rowCount",
       imported_at as "importedAt"
from movebook.imports
order by imported_at;
