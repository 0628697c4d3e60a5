import { setTimeout as sleep } from "node:timers/promises";
import type { StepContext } from "../../engine/step.ts";
import { WranglerFailure } from "../../cloudflare/wrangler-errors.ts";

/** Milliseconds before each further attempt: a network that is away comes back in seconds, or not tonight. */
const pauses = [1_000, 2_000, 4_000, 8_000, 15_000] as const;

/** Locally it is another wrangler that has the file: that of a killed run, which ends by itself. */
const localPauses = [500, 1_000, 2_000, 4_000, 8_000] as const;

export const pausesFor = (place: "local" | "remote"): readonly number[] =>
  place === "local" ? localPauses : pauses;

/** True when nothing was wrong with the call: it may be sent again as it is. */
export const isPassing = (error: unknown): boolean =>
  error instanceof WranglerFailure && error.isPassing;

export const wait = (context: StepContext, pause: number): Promise<unknown> =>
  sleep(pause, undefined, { signal: context.signal });

/**
 * Asks a question, or does what may be done twice, again when the connection failed.
 * @throws what the last attempt threw; at once when it is no matter of the connection
 */
export async function askPatiently<T>(
  context: StepContext,
  place: "local" | "remote",
  ask: () => Promise<T>,
): Promise<T> {
  for (const pause of pausesFor(place)) {
    try {
      return await ask();
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      context.screen.progress(
        place === "local"
          ? "waiting until another wrangler has let go of the database"
          : "waiting for the connection to come back",
      );
      await wait(context, pause);
    }
  }
  return ask();
}
