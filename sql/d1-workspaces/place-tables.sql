-- In which base does each table of v1 stand in v2: its own, its workspace's first, or the one that is made?
CREATE TEMP TABLE placed_tables AS
SELECT
  t.position,
  coalesce(
    t.base_id,
    (
      SELECT b.id
      FROM source_bases AS b
      JOIN source_workspaces AS w ON w.id = b.workspace_id
      WHERE b.workspace_id = t.workspace_id
      ORDER BY b.position
      LIMIT 1
    ),
    (SELECT m.id FROM made_bases AS m WHERE m.workspace_id = t.workspace_id)
  ) AS base_id,
  t.workspace_id
FROM table_workspaces AS t;
