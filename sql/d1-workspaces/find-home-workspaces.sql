-- Where do the tables of a user go that name no workspace: his Default, or else the first workspace that he owns?
CREATE TEMP TABLE home_workspaces AS
SELECT m.owner_id AS user_id, m.id AS workspace_id
FROM made_workspaces AS m
UNION ALL
SELECT user_id, workspace_id
FROM (
  SELECT
    o.user_id,
    o.workspace_id,
    row_number() OVER (PARTITION BY o.user_id ORDER BY o.rank, o.position) AS turn
  FROM workspace_owners AS o
)
WHERE turn = 1;
