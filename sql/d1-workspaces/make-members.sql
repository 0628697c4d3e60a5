-- Which owner memberships does v2 need that v1 does not have?
CREATE TEMP TABLE made_members AS
SELECT
  'member_' || n.workspace_id || '_' || n.user_id AS id,
  n.workspace_id,
  n.user_id,
  n.created_at,
  n.updated_at
FROM (
  SELECT m.id AS workspace_id, m.owner_id AS user_id, m.created_at, m.updated_at, m.rowid AS position
  FROM made_workspaces AS m
  UNION ALL
  SELECT
    w.id,
    w.owner_id,
    coalesce(w.created_at, u.created_at),
    coalesce(w.updated_at, w.created_at, u.updated_at, u.created_at),
    w.position
  FROM source_workspaces AS w
  JOIN source_users AS u ON u.id = w.owner_id
) AS n
WHERE NOT EXISTS (
  SELECT 1 FROM source_members AS s WHERE s.workspace_id = n.workspace_id AND s.user_id = n.user_id
)
ORDER BY n.workspace_id, n.user_id;
