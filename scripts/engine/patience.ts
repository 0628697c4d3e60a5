import { setTimeout as sleep } from "node:timers/promises";

/**
 * What is awaited has an end: a connection that was cut while the machine slept may never answer.
 * @param patience milliseconds
 * @throws Error when the work has not ended by then; it goes on, and nobody listens to it
 */
export async function atMost<T>(patience: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = sleep(patience, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer within ${patience / 1_000} s`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
