-- Which foreign keys did a move drop, and which of them are not restored?
select id, run, schema_name as schema, table_name as "table", constraint_name as name, definition, validated,
       comment, table_kind as "tableKind", referenced_kind as "referencedKind",
       coalesce(pg_catalog.to_jsonb(k) -> 'copies', '[]') as copies,
       dropped_at as "droppedAt", restored_at as "restoredAt"
from movebook.foreign_keys as k
order by id;
