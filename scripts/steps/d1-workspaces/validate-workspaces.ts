import { z } from "zod";
import { differing, noting, passing, type FindingSection } from "../../engine/findings.ts";
import { countOf } from "../../engine/wording.ts";
import { textOf } from "../../cloudflare/scratch.ts";
import type { ImportTable } from "../../cloudflare/import-table.ts";
import { buildRowsPerUser, buildRowsPerWorkspace, type Named } from "./count-questions.ts";
import type { Sides } from "./sides.ts";
import { explainNotRun } from "./validate-not-run.ts";
import { findColumn, isSameName, ownerColumns } from "./transform-workbench.ts";

/** What belongs to a workspace or to a user, counted. */
const counted = z.object({ id: z.string(), tables: z.number(), records: z.number() });

type Counts = ReadonlyMap<string, string>;

const asCounts = (
  rows: readonly (readonly [id: string, tables: unknown, records: unknown])[],
): Counts =>
  new Map(
    rows.map(([id, tables, records]) => [
      id,
      `${String(tables)} tables, ${String(records)} records`,
    ]),
  );

async function askTarget({ target }: Sides, sql: string, title: string): Promise<Counts> {
  const [rows = []] = await target.query(sql, title);
  return asCounts(
    rows.map((row) => {
      const { id, tables, records } = counted.parse(row);
      return [id, tables, records];
    }),
  );
}

const askScratch = ({ scratch }: Sides, sql: string): Counts =>
  asCounts(
    Array.from(
      scratch.rows(sql),
      ([id, tables, records]) => [textOf(id), tables, records] as const,
    ),
  );

/** Ids whose counts differ, on either side. */
export function listDifferences(expected: Counts, found: Counts): string[] {
  const ids = new Set([...expected.keys(), ...found.keys()]);
  return [...ids]
    .filter((id) => (expected.get(id) ?? "nothing") !== (found.get(id) ?? "nothing"))
    .map(
      (id) =>
        `${id}: ${expected.get(id) ?? "nothing"} expected, ${found.get(id) ?? "nothing"} in v2`,
    );
}

const scratchNames =
  (tables: readonly ImportTable[]): Named =>
  (name) =>
    tables.find(({ shape }) => isSameName(shape.name, name))?.table ?? name;

function judge(label: string, noun: string, expected: Counts, found: Counts) {
  const differences = listDifferences(expected, found);
  const value = `${(expected.size - differences.length).toLocaleString("en-US")} of ${expected.size.toLocaleString("en-US")}`;
  if (differences.length === 0) return passing(label, value);
  return differing(label, value, {
    what: `${countOf(differences.length, noun)} with other numbers of tables and records than expected`,
    where: label,
    rows: differences.slice(0, 10),
  });
}

/** In a flat v1 a table belongs to its user; in v2 to the workspace that was made for the user. */
async function findUsers(sides: Sides) {
  const label = "users with the tables and records that they had";
  const { sourceTables, tables, manifest } = sides;
  const shape = sourceTables.find((one) => isSameName(one.shape.name, "tables"))?.shape;
  const owner = findColumn(shape, ...ownerColumns)?.name;
  const isFlat = !sourceTables.some(
    (one) => isSameName(one.shape.name, "workspaces") && one.rows > 0,
  );
  const isWhole = ["users", "tables", "records"].every((name) => {
    const from = sourceTables.find((one) => isSameName(one.shape.name, name));
    const into = tables.find((one) => isSameName(one.shape.name, name));
    return from?.rows === (into === undefined ? undefined : manifest.tables[into.shape.name]);
  });
  if (!isFlat || !isWhole || owner === undefined)
    return noting(
      isFlat
        ? `${label}: not counted, rows were left out by decision`
        : `${label}: v1 has workspaces, counted by them`,
    );
  const expected = askScratch(sides, buildRowsPerUser(scratchNames(sourceTables), owner));
  const sql = buildRowsPerWorkspace((name) => name, "user_id");
  return judge(label, "user", expected, await askTarget(sides, sql, "count rows per user"));
}

async function findPerWorkspace(sides: Sides) {
  const label = "workspaces with the tables and records made for them";
  const expected = askScratch(
    sides,
    buildRowsPerWorkspace(scratchNames(sides.tables), "workspace_id"),
  );
  const sql = buildRowsPerWorkspace((name) => name, "workspace_id");
  return judge(
    label,
    "workspace",
    expected,
    await askTarget(sides, sql, "count rows per workspace"),
  );
}

/** Rows per user, v1 → v2, and per workspace. */
export async function findWorkspaces(sides: Sides): Promise<FindingSection[]> {
  sides.context.screen.progress("counting rows per user and workspace");
  const findings = await Promise.all([
    findUsers(sides).catch((error: unknown) => explainNotRun("rows per user", error)),
    findPerWorkspace(sides).catch((error: unknown) => explainNotRun("rows per workspace", error)),
  ]);
  return [{ heading: "Users and workspaces", findings }];
}
