import { quoteIdentifier } from "../../cloudflare/identifier.ts";

/** The name that a table has where the question is asked: the scratch file has names of its own. */
export type Named = (table: string) => string;

/** How many tables and records does each user of a flat v1 have? @param owner column of tables */
export const buildRowsPerUser = (named: Named, owner: string): string =>
  `select t.${quoteIdentifier(owner)} as id, count(*) as tables, coalesce(sum(r.rows), 0) as records
from ${quoteIdentifier(named("tables"))} t
left join (select table_id, count(*) as rows from ${quoteIdentifier(named("records"))} group by table_id) r
  on r.table_id = t.id
where t.${quoteIdentifier(owner)} is not null
group by 1`;

/** How many tables and records are in each workspace, or in the workspaces of each member? */
export function buildRowsPerWorkspace(named: Named, by: "workspace_id" | "user_id"): string {
  const table = (name: string): string => quoteIdentifier(named(name));
  const members =
    by === "user_id"
      ? `join ${table("workspace_members")} m on m.workspace_id = b.workspace_id`
      : "";
  return `select ${by === "user_id" ? "m.user_id" : "b.workspace_id"} as id, count(*) as tables, coalesce(sum(r.rows), 0) as records
from ${table("tables")} t
join ${table("bases")} b on b.id = t.base_id
${members}
left join (select table_id, count(*) as rows from ${table("records")} group by table_id) r on r.table_id = t.id
group by 1`;
}

/** How many rows of a table refer to a row that is not there? */
export function buildOrphanCount(
  table: string,
  columns: readonly string[],
  parent: string,
  references: readonly string[],
): string {
  const given = columns.map((column) => `c.${quoteIdentifier(column)} is not null`);
  const same = columns.map(
    (column, index) =>
      `p.${quoteIdentifier(references[index] ?? "")} = c.${quoteIdentifier(column)}`,
  );
  return `select count(*) as rows from ${quoteIdentifier(table)} c where ${given.join(" and ")} and not exists (select 1 from ${quoteIdentifier(parent)} p where ${same.join(" and ")})`;
}
