import { hostname, userInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { refused } from "../../engine/failure.ts";
import type { HeldLock, StepContext } from "../../engine/step.ts";
import { every } from "../../engine/every.ts";
import { connectOrFail, type Database } from "../../postgres/database.ts";
import { runLock } from "../../postgres/load-parts.ts";
import { targetUrl } from "./params.ts";

/** Milliseconds; Neon suspends a compute after five minutes of silence. */
const keepAwake = 30_000;
/** Milliseconds, and how many of them a server may be silent. */
const turnLength = 5_000;
const turns = 6;

interface Holder {
  readonly name: string;
  readonly role: string | null;
  readonly address: string | null;
  readonly since: string | null;
  readonly pid: number;
}

/** Seen by a second operator: who holds the lock. At most 63 bytes, so the run comes first. */
function lockName(context: StepContext): string {
  let user = "";
  try {
    user = userInfo().username;
  } catch {
    user = `uid-${process.getuid?.() ?? "?"}`;
  }
  return `movebook ${context.runId} ${context.environment} ${user}@${hostname()}`;
}

const describeHolder = (holder: Holder): string =>
  `${holder.name} (role ${holder.role ?? "not visible"}, from ${holder.address ?? "a local socket"}, server process ${holder.pid}) since ${holder.since ?? "a time that this role may not see"}`;

/**
 * Asks the server for a sign of life. Its patience is counted in turns, not by the clock: a machine that slept has
 * waited for one turn only, and the answer may be there already.
 * @throws Error when there is none
 */
async function askForLife(session: Database): Promise<void> {
  const over = new AbortController();
  const wait = async (): Promise<void> => {
    for (let turn = 0; turn < turns; turn += 1)
      await sleep(turnLength, undefined, { signal: over.signal });
    throw new Error(`the server has not answered for ${(turns * turnLength) / 1_000} s`);
  };
  const waiting = wait();
  waiting.catch(() => undefined);
  try {
    await Promise.race([session.query("select 1"), waiting]);
  } finally {
    over.abort();
  }
}

/**
 * Keeps the session talking: a serverless compute goes to sleep on silence, and the lock with it. When the session
 * ends by itself, the lock has gone with it, and somebody else may have taken it since: it is not taken again.
 */
function hold(session: Database): HeldLock {
  const lost = new AbortController();
  let isReleased = false;
  const lose = (why: string): void => {
    if (!isReleased) lost.abort(new Error(why));
  };
  session.onEnd(() => lose("its connection to the server was closed"));
  const stop = every(keepAwake, () =>
    askForLife(session).catch((error: unknown) => lose((error as Error).message)),
  );
  return {
    lost: lost.signal,
    release: async () => {
      isReleased = true;
      stop();
      await session.close();
    },
  };
}

/**
 * An advisory lock on the target database, held by a session of its own as long as the run goes on. When the run dies,
 * so does the session, and the lock with it.
 * @throws Failure (exit 3) that names the holder and since when
 */
export async function lockTarget(context: StepContext): Promise<HeldLock> {
  const session = await connectOrFail(context.setting(targetUrl), {
    readOnly: true,
    applicationName: lockName(context),
  });
  try {
    const { taken } = await session.one<{ taken: boolean }>(
      "select pg_catalog.pg_try_advisory_lock($1, $2) as taken",
      [runLock.first, runLock.second],
    );
    if (taken) return hold(session);
    const [holder] = await session.ask<Holder>("postgres/find-lock-holder", [
      runLock.first,
      runLock.second,
    ]);
    const who =
      holder === undefined ? "somebody who has just let go of it" : describeHolder(holder);
    throw refused("another run is working on this target", [
      {
        what: `the target is locked by ${who}`,
        todo: "Wait for it to end, or ask its operator; then call again.",
      },
    ]);
  } catch (error) {
    await session.close();
    throw error;
  }
}
