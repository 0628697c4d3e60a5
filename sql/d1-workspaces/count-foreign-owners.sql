-- How many tables of v1 stand in a workspace that somebody else owns than the table itself says?
SELECT count(*)
FROM source_tables AS t
JOIN table_workspaces AS p ON p.position = t.position
WHERE
  t.owner_id IS NOT NULL
  AND EXISTS (SELECT 1 FROM source_workspaces AS w WHERE w.id = p.workspace_id)
  AND NOT EXISTS (
    SELECT 1 FROM home_workspaces AS h WHERE h.user_id = t.owner_id AND h.workspace_id = p.workspace_id
  )
  AND NOT EXISTS (
    SELECT 1 FROM workspace_owners AS o WHERE o.user_id = t.owner_id AND o.workspace_id = p.workspace_id
  );
