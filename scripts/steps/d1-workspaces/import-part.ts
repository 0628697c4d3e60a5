import { join } from "node:path";
import { Failure, failed, type Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf, sizeOf } from "../../engine/wording.ts";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import type { ImportManifest } from "../../cloudflare/import-manifest.ts";
import { readMarkersAndCounts } from "./ledger-state.ts";
import { WranglerFailure } from "../../cloudflare/wrangler-errors.ts";
import { judgePart, listProgress, type PartState, type TableProgress } from "./part-state.ts";
import { askPatiently, isPassing, pausesFor, wait } from "./patience.ts";
import { importFolder, runFile } from "./run-files.ts";

/** What is needed to send parts. */
export interface Sending {
  readonly context: StepContext;
  readonly database: D1Database;
  readonly manifest: ImportManifest;
}

/** `part 3 of 7 (records: 12,000 rows; 4.2 MB)`. */
export function titlePart(manifest: ImportManifest, index: number): string {
  const part = manifest.parts[index];
  const rows = Object.entries(part?.rows ?? {}).map(
    ([table, count]) => `${table}: ${countOf(count, "row")}`,
  );
  return `part ${index + 1} of ${manifest.parts.length} (${[...rows, sizeOf(part?.bytes ?? 0)].join("; ")})`;
}

interface Look {
  readonly state: PartState;
  readonly tables: readonly TableProgress[];
}

/** Asks v2 where a part is; patient when the connection is away, for without an answer nothing may be sent. */
async function lookAtPart(sending: Sending, index: number): Promise<Look> {
  const { context, database, manifest } = sending;
  const names = Object.keys(manifest.parts[index]?.rows ?? {});
  return askPatiently(context, database.place, async () => {
    const { markers, counts } = await readMarkersAndCounts(database, names);
    const tables = listProgress(manifest, index, counts);
    const part = manifest.parts[index];
    const hasMarker = part !== undefined && markers.get(part.part) === part.marker;
    return { state: judgePart(hasMarker, tables), tables };
  });
}

const describeProgress = (tables: readonly TableProgress[]): string[] =>
  tables.map(
    ({ table, rows, before, own }) =>
      `${table}: ${countOf(rows, "row")}; ${before} before this part, ${before + own} after it`,
  );

function explainPartly(sending: Sending, index: number, look: Look, thrown: unknown): Failure {
  const { context, manifest } = sending;
  const causes: readonly Problem[] = thrown instanceof Failure ? thrown.problems : [];
  const what =
    look.state === "partly"
      ? `part ${index + 1} of ${manifest.parts.length} went in partly`
      : `v2 does not hold what the first ${index} parts brought: somebody else writes to it`;
  return new Failure(
    {
      exitCode: 1,
      what,
      problems: [
        {
          what,
          details: describeProgress(look.tables),
          todo: `Take the import back, then begin again: ${context.commandLine("undo")}`,
        },
        ...causes,
      ],
      changed: `v2 holds ${countOf(index, "part")} of ${manifest.parts.length} whole, and something of the next one; it must not be used as it is`,
      next: context.commandLine("undo"),
    },
    { cause: thrown },
  );
}

/** Remotely a call that was lost may still be at work: what is half there is looked at again until it stands still. */
async function settle(sending: Sending, index: number): Promise<Look> {
  const { context, database } = sending;
  let look = await lookAtPart(sending, index);
  if (database.place === "local") return look;
  for (const pause of pausesFor("remote")) {
    if (look.state === "in") return look;
    await wait(context, pause);
    const next = await lookAtPart(sending, index);
    const stands = next.tables.every(({ rows }, at) => rows === look.tables[at]?.rows);
    look = next;
    if (stands) return look;
  }
  return look;
}

async function send(sending: Sending, index: number): Promise<unknown> {
  const { context, database, manifest } = sending;
  const file = runFile(context, join(importFolder, manifest.parts[index]?.file ?? ""));
  try {
    await database.executeFile(file, `Import ${titlePart(manifest, index)}`);
    return undefined;
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return error;
  }
}

/** Whether it makes sense to send a part again that is not in. */
const mayGoIn = (thrown: unknown): boolean =>
  thrown === undefined ||
  isPassing(thrown) ||
  (thrown instanceof WranglerFailure && thrown.kind === "not-importing");

const reasonOf = (thrown: unknown): string =>
  thrown instanceof Failure ? (thrown.problems[0]?.what ?? thrown.message) : "it is not there";

/**
 * Sends one part and looks whether it is there: its marker and the rows of its tables. What wrangler said about it is
 * only taken for a reason, never for a result.
 * @returns notes of what went otherwise than expected
 * @throws Failure when it is not there after all attempts, or partly there
 */
export async function sendPart(sending: Sending, index: number): Promise<string[]> {
  const { context, database, manifest } = sending;
  const notes: string[] = [];
  const name = `part ${index + 1} of ${manifest.parts.length}`;
  const pauses = [...pausesFor(database.place), 0];
  for (const pause of pauses) {
    const thrown = await send(sending, index);
    const look =
      thrown === undefined ? await lookAtPart(sending, index) : await settle(sending, index);
    if (look.state === "in") {
      if (thrown !== undefined)
        notes.push(`${name}: wrangler failed (${reasonOf(thrown)}), and the part is in v2, whole`);
      return notes;
    }
    if (look.state !== "out") throw explainPartly(sending, index, look, thrown);
    if (!mayGoIn(thrown)) throw explainOut(name, thrown);
    notes.push(`${name}: did not go in (${reasonOf(thrown)}), sent again`);
    await wait(context, pause);
  }
  throw failed(`${name} did not go in, in ${countOf(pauses.length, "attempt")}`, [
    {
      what: "each attempt failed for another reason than its contents",
      details: notes,
      todo: `Go on when the connection is back: ${context.commandLine("resume")}`,
    },
  ]);
}

function explainOut(name: string, thrown: unknown): unknown {
  if (!(thrown instanceof Failure)) return thrown;
  return new Failure(
    {
      exitCode: 1,
      what: `${name} was refused, and nothing of it is in v2: ${reasonOf(thrown)}`,
      problems: thrown.problems,
    },
    { cause: thrown },
  );
}

/** Where a part is, for a run that goes on. */
export async function findPartState(sending: Sending, index: number): Promise<PartState> {
  const look = await settle(sending, index);
  if (look.state === "partly" || look.state === "disorder")
    throw explainPartly(sending, index, look, undefined);
  return look.state;
}
