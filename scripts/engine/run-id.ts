import { randomBytes } from "node:crypto";

const pattern = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})\.(\d{3})Z-[0-9a-f]{4}$/;

const stampOf = (time: number): string => new Date(time).toISOString().replaceAll(/[-:]/g, "");

/** When a run of that id began, in milliseconds since 1970; undefined when it is no id of ours. */
function timeOf(run: string): number | undefined {
  const parts = pattern.exec(run);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, milli] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milli}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * `20261121T115500.042Z-1f2e`: sorts by time, and after all that are there, also when the clock was set back.
 * @param now milliseconds since 1970
 * @param existing ids of the runs that are there, in any order; other names do not count
 */
export function buildRunId(now: number, existing: readonly string[]): string {
  const times = existing.flatMap((run) => timeOf(run) ?? []);
  const newest = times.reduce((one, other) => Math.max(one, other), 0);
  return `${stampOf(Math.max(now, newest + 1))}-${randomBytes(2).toString("hex")}`;
}
