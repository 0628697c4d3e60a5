-- Which workspaces need a Default base: those that are made, and those whose tables have no base to stand in?
CREATE TEMP TABLE made_bases AS
SELECT
  'base_' || n.workspace_id AS id,
  'Default' AS name,
  'default-' || n.workspace_id AS slug,
  n.workspace_id,
  n.owner_id,
  n.created_at,
  n.updated_at
FROM (
  SELECT m.id AS workspace_id, m.owner_id, m.created_at, m.updated_at
  FROM made_workspaces AS m
  UNION ALL
  SELECT
    w.id,
    coalesce(
      w.owner_id,
      (SELECT o.user_id FROM workspace_owners AS o WHERE o.workspace_id = w.id ORDER BY o.user_id LIMIT 1)
    ),
    w.created_at,
    coalesce(w.updated_at, w.created_at)
  FROM source_workspaces AS w
  WHERE
    w.id IN (SELECT t.workspace_id FROM table_workspaces AS t WHERE t.base_id IS NULL)
    AND NOT EXISTS (SELECT 1 FROM source_bases AS b WHERE b.workspace_id = w.id)
) AS n
ORDER BY n.workspace_id;
