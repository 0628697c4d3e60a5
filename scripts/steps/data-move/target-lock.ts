import { hostname, userInfo } from "node:os";
import { refused } from "../../engine/failure.ts";
import type { HeldLock, StepContext } from "../../engine/step.ts";
import { every } from "../../engine/every.ts";
import { connectOrFail, type Database } from "../../postgres/database.ts";
import { runLock } from "../../postgres/load-parts.ts";
import { targetUrl } from "./params.ts";

/** Milliseconds; Neon suspends a compute after five minutes of silence. */
const keepAwake = 30_000;

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

/** Keeps the session talking: a serverless compute goes to sleep on silence, and the lock with it. */
function hold(session: Database): HeldLock {
  const stop = every(keepAwake, async () => void (await session.query("select 1")));
  return {
    release: async () => {
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
