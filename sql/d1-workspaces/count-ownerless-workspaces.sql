-- How many workspaces of v1 will have no member in v2 whose role is owner?
SELECT count(*)
FROM source_workspaces AS w
WHERE
  NOT EXISTS (
    SELECT 1 FROM source_members AS s WHERE s.workspace_id = w.id AND s.role = 'owner'
  )
  AND NOT EXISTS (SELECT 1 FROM made_members AS m WHERE m.workspace_id = w.id);
