import { writeFileSync } from "node:fs";
import { failed, refused } from "../../engine/failure.ts";
import { operatorName } from "../../engine/operator.ts";
import type { StepContext } from "../../engine/step.ts";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import { buildClaim, buildLedgerBegin, readLedger } from "../../cloudflare/import-ledger.ts";
import type { ImportManifest } from "../../cloudflare/import-manifest.ts";
import { describeLedger, isOfManifest, isOurs } from "./ledger-state.ts";
import { askPatiently, isPassing } from "./patience.ts";
import { remembered } from "./remembered.ts";
import { runFile } from "./run-files.ts";

/** The statements as a file of the run: what is sent can be read afterwards. */
export function writeStatements(
  context: StepContext,
  name: string,
  statements: readonly string[],
): string {
  const file = runFile(context, name);
  // a comment at the end of a statement ends with the line
  writeFileSync(file, statements.map((sql) => `${sql.trim()}\n;\n`).join(""), { mode: 0o600 });
  return file;
}

/** The way back, flushed before the first write: rows of v2 now, and remotely the bookmark of Time Travel. */
async function rememberBefore(
  context: StepContext,
  database: D1Database,
  rows: ReadonlyMap<string, number>,
): Promise<void> {
  context.remember(remembered.targetBefore, Object.fromEntries(rows));
  if (database.place === "local") return;
  const bookmark = await askPatiently(context, database.place, () => database.bookmark());
  context.remember(remembered.importBookmark, bookmark);
  context.screen.line(`  Time Travel bookmark of v2 before the import: ${bookmark}`);
}

/**
 * Claims v2 for this run by the ledger, which two operators cannot both make.
 * @param rows of v2's tables, which were seen to be empty
 * @throws Failure (exit 3) when somebody else was faster
 */
export async function beginImport(
  context: StepContext,
  database: D1Database,
  manifest: ImportManifest,
  rows: ReadonlyMap<string, number>,
): Promise<void> {
  await rememberBefore(context, database, rows);
  const claim = buildClaim(
    { run: context.runId, holder: operatorName(), started: new Date().toISOString() },
    manifest,
  );
  const file = writeStatements(context, "import-begin.sql", buildLedgerBegin(claim));
  let thrown: unknown;
  try {
    // the same run's claim twice changes nothing
    await askPatiently(context, database.place, () =>
      database.executeFile(file, `Claim ${database.name} for this import`),
    );
  } catch (error) {
    context.signal.throwIfAborted();
    thrown = error;
  }
  const ledger = await askPatiently(context, database.place, () => readLedger(database));
  if (ledger.kind === "claimed" && isOurs(context, ledger) && isOfManifest(ledger, manifest))
    return;
  if (ledger.kind === "claimed")
    throw refused(`v2 was claimed by another import meanwhile: ${describeLedger(ledger)}`, [
      { what: "two runs began at the same time, and the other one was faster" },
    ]);
  if (thrown === undefined || isPassing(thrown))
    throw failed("the ledger of the import did not go into v2", [
      { what: "v2 was not changed", todo: `Go on: ${context.commandLine("resume")}` },
    ]);
  throw thrown;
}
