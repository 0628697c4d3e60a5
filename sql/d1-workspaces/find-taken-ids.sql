-- Which ids of made workspaces and bases stand in v1 already?
SELECT 'workspaces' AS table_name, m.id
FROM made_workspaces AS m
JOIN source_workspaces AS w ON w.id = m.id
UNION ALL
SELECT 'bases', m.id
FROM made_bases AS m
JOIN source_bases AS b ON b.id = m.id;
