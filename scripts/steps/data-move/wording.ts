/** `1 row`, `12,000 rows`. */
export const countOf = (count: number | bigint, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${BigInt(count) === 1n ? "" : "s"}`;

const units = ["bytes", "KB", "MB", "GB", "TB"] as const;

/** `532 bytes`, `1.4 MB`; units of 1,000. */
export function sizeOf(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return unit === 0 ? `${bytes} bytes` : `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}
