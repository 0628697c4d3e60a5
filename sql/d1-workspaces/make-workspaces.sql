-- Which users own no workspace yet, and which Default workspace does each of them get?
CREATE TEMP TABLE made_workspaces AS
SELECT
  'ws_' || u.id AS id,
  'Default' AS name,
  'default-' || u.id AS slug,
  u.id AS owner_id,
  u.created_at,
  coalesce(u.updated_at, u.created_at) AS updated_at
FROM source_users AS u
WHERE
  u.id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM workspace_owners AS o WHERE o.user_id = u.id)
ORDER BY u.position;
