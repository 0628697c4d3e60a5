import { setTimeout as sleep } from "node:timers/promises";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { nameSession } from "../../postgres/psql.ts";
import { applicationName, withTarget } from "./databases.ts";

/** Milliseconds. */
const patience = 5_000;
const pause = 100;

/** @returns the sessions that are still there when the patience is over */
async function waitForEnd(target: Database, name: string): Promise<number[]> {
  for (const until = Date.now() + patience; ; await sleep(pause)) {
    const left = await target.ask<{ pid: number }>("postgres/list-program-sessions", [name]);
    if (left.length === 0 || Date.now() > until) return left.map(({ pid }) => pid);
  }
}

/**
 * Waits until no session of a psql that has ended is left in v2, and ends it after a while: it may be in the middle of
 * a COMMIT that was on its way, and what is seen before it is gone may be otherwise a moment later. Never throws: a
 * server that cannot be asked is told by whoever looks next.
 */
export async function settleSessions(context: StepContext): Promise<void> {
  const calm = { ...context, signal: new AbortController().signal };
  const name = nameSession(applicationName(context), "psql");
  await withTarget(calm, async (target) => {
    const left = await waitForEnd(target, name);
    for (const pid of left) await target.query("select pg_catalog.pg_terminate_backend($1)", [pid]);
    if (left.length > 0) await waitForEnd(target, name);
  }).catch(() => undefined);
}
