import { statSync } from "node:fs";
import { z } from "zod";
import { noted, passed, problem, warned, type CheckResult } from "../../engine/check.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf, sizeOf } from "../../engine/wording.ts";
import { buildInfoCommand } from "../../cloudflare/d1-commands.ts";
import type { DatabaseAddress } from "../../cloudflare/database-address.ts";
import { limits } from "../../cloudflare/limits.ts";
import { localFileOf } from "../../cloudflare/local-file.ts";
import { runWrangler } from "../../cloudflare/run-wrangler.ts";
import { writeConfig } from "../../cloudflare/wrangler-config.ts";
import { parseJsonOutput } from "../../cloudflare/wrangler-output.ts";
import { findWrangler } from "../../cloudflare/wrangler.ts";
import { listVirtualTables, type Contents } from "./contents.ts";

/** Tables without which it is not the product that this runbook moves. */
const productTables = ["users", "tables", "records"] as const;

const shownTables = 30;

function judgeProduct({ rows }: Contents): CheckResult {
  const missing = productTables.filter((table) => !rows.has(table));
  if (missing.length === 0)
    return passed(`the product's tables are there: ${productTables.join(", ")}`);
  const there = [...rows.keys()];
  return problem(
    there.length === 0
      ? "v1 is empty: it has no tables"
      : `v1 holds another product, or another state of it: ${missing.join(", ")} not there`,
    {
      details: there.length === 0 ? [] : [`there are: ${there.slice(0, shownTables).join(", ")}`],
      todo: "Look at V1_D1_NAME and V1_D1_ID; locally also at V1_D1_STATE_FOLDER.",
    },
  );
}

function judgeVirtual({ objects }: Contents): CheckResult[] {
  const virtual = listVirtualTables(objects);
  if (virtual.length === 0) return [];
  return [
    problem(
      `${countOf(virtual.length, "virtual table")} in v1, and D1 exports no database that has one: ${virtual.join(", ")}`,
      {
        todo: `movebook does not write to v1. Make a copy of v1 (wrangler d1 time-travel, or a second database), drop them there (${virtual.map((name) => `DROP TABLE ${name};`).join(" ")}), and name the copy as v1; v2's migrations create its own.`,
      },
    ),
  ];
}

/** What stands in v1, and whether it can be exported at all. */
export function judgeSource(contents: Contents): CheckResult[] {
  const tables = [...contents.rows];
  const all = tables.reduce((sum, [, rows]) => sum + rows, 0);
  return [
    judgeProduct(contents),
    ...judgeVirtual(contents),
    noted(`${countOf(all, "row")} in ${countOf(tables.length, "table")}`),
    ...tables
      .slice(0, shownTables)
      .map(([table, rows]) => noted(`${table}: ${countOf(rows, "row")}`)),
  ];
}

const information = z.looseObject({
  database_size: z.number().optional(),
  file_size: z.number().optional(),
});

/** Bytes of a database: of its file, or as Cloudflare says; undefined when it is not told. */
export async function readSize(
  context: StepContext,
  address: DatabaseAddress,
): Promise<number | undefined> {
  if (address.place === "local") return statSync(localFileOf(address)).size;
  const folder = context.runFolder;
  writeConfig(address, folder);
  const call = { wrangler: findWrangler(context.projectFolder), address, folder };
  const lines = await runWrangler(context.execute, buildInfoCommand(call), address.name);
  const answer = information.safeParse(parseJsonOutput(lines));
  return answer.success ? (answer.data.database_size ?? answer.data.file_size) : undefined;
}

/** v1's size against D1's limits, and what a remote export does to those who use v1. */
export function judgeSize(place: "local" | "remote", bytes: number | undefined): CheckResult[] {
  const size = bytes === undefined ? "a size that is not told" : sizeOf(bytes);
  const fits =
    bytes !== undefined && bytes > limits.freeDatabase
      ? warned(`v1 has ${size}; a database of the free plan holds ${sizeOf(limits.freeDatabase)}`, {
          todo: `v2 must be on the paid plan (${sizeOf(limits.database)}).`,
        })
      : passed(`v1 has ${size}; D1 holds ${sizeOf(limits.database)}`);
  if (place === "local") return [fits];
  return [
    fits,
    warned(`a remote export of ${size} lets v1 answer nobody while it runs`, {
      todo: "Choose a quiet hour, and stop writes to v1: rows that are written during the export make it invalid.",
    }),
  ];
}
