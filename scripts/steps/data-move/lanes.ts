import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { withBoth } from "./databases.ts";

/** One session on each side, used by one question at a time. */
export interface Lane {
  readonly source: Database;
  readonly target: Database;
}

/** At least one lane. */
export type Lanes = readonly [Lane, ...Lane[]];

/** Opens `count` lanes, one after the other, and closes them whatever happens. */
export const withLanes = <T>(
  context: StepContext,
  count: number,
  work: (lanes: Lanes) => Promise<T>,
): Promise<T> =>
  withBoth(context, (source, target) => addLane(context, count, work, [{ source, target }]));

const addLane = <T>(
  context: StepContext,
  count: number,
  work: (lanes: Lanes) => Promise<T>,
  open: Lanes,
): Promise<T> =>
  open.length >= count
    ? work(open)
    : withBoth(context, (source, target) =>
        addLane(context, count, work, [...open, { source, target }]),
      );

/**
 * Works through the items on all lanes at once; the results stand in the order of the items.
 * @param onDone called with the number of items that are done
 * @throws what `work` throws first, after the other lanes have ended their item
 */
export async function mapInLanes<T, R>(
  context: StepContext,
  lanes: Lanes,
  items: readonly T[],
  work: (item: T, lane: Lane) => Promise<R>,
  onDone: (done: number) => void = () => undefined,
): Promise<R[]> {
  const results: R[] = [];
  // shared: a lane takes the next item when it is free
  const queue = items.entries();
  let done = 0;
  let stopped = false;
  const drive = async (lane: Lane): Promise<void> => {
    for (const [index, item] of queue) {
      if (stopped) return;
      results[index] = await work(item, lane);
      // a cancelled query looks like a check that could not run
      context.signal.throwIfAborted();
      done += 1;
      onDone(done);
    }
  };
  const ends = await Promise.allSettled(
    lanes.map((lane) =>
      drive(lane).catch((error: unknown) => {
        stopped = true;
        throw error;
      }),
    ),
  );
  const failure = ends.find((end) => end.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return results;
}
