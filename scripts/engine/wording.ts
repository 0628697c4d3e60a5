/** `1 row`, `12,000 rows`. */
export const countOf = (count: number | bigint, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${BigInt(count) === 1n ? "" : "s"}`;

const units = ["KB", "MB", "GB", "TB"] as const;

/** `532 bytes`, `1.4 MB`; units of 1,000. */
export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} byte${bytes === 1 ? "" : "s"}`;
  let value = bytes / 1_000;
  let unit = 0;
  // rounded up it would read 1000 of the smaller unit
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value.toFixed(value < 9.95 ? 1 : 0)} ${units[unit]}`;
}
