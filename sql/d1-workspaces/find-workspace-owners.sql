-- Who owns which workspace of v1: by its own column, and by a membership as owner?
CREATE TEMP TABLE workspace_owners AS
SELECT workspace_id, user_id, min(rank) AS rank, min(position) AS position
FROM (
  SELECT w.id AS workspace_id, w.owner_id AS user_id, 0 AS rank, w.position
  FROM source_workspaces AS w
  WHERE w.owner_id IS NOT NULL
  UNION ALL
  SELECT m.workspace_id, m.user_id, 1 AS rank, w.position
  FROM source_members AS m
  JOIN source_workspaces AS w ON w.id = m.workspace_id
  WHERE m.role = 'owner' AND m.user_id IS NOT NULL
)
GROUP BY workspace_id, user_id;
