-- Which tables of v1 find no base: their owner is missing, or their workspace?
SELECT t.id, t.owner_id, t.workspace_id
FROM source_tables AS t
JOIN placed_tables AS p ON p.position = t.position
WHERE p.base_id IS NULL;
