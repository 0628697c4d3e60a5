-- In which workspace does each table of v1 stand: its base's, its own, or its owner's home?
CREATE TEMP TABLE table_workspaces AS
SELECT
  t.position,
  t.base_id,
  CASE
    WHEN t.base_id IS NOT NULL
      THEN (SELECT b.workspace_id FROM source_bases AS b WHERE b.id = t.base_id)
    WHEN t.workspace_id IS NOT NULL THEN t.workspace_id
    ELSE (SELECT h.workspace_id FROM home_workspaces AS h WHERE h.user_id = t.owner_id)
  END AS workspace_id
FROM source_tables AS t;
