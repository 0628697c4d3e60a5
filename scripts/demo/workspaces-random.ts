/** Numbers that look like chance and are the same for the same seed. */
export interface Random {
  /** An unsigned integer of 32 bits. */
  readonly bits: () => number;
  /** From 0 inclusive to `limit` exclusive. */
  readonly below: (limit: number) => number;
  /** True once in `times` on average. */
  readonly once: (times: number) => boolean;
  readonly pick: <T>(from: readonly [T, ...T[]]) => T;
  /** Lower-case hexadecimal digits. */
  readonly hex: (digits: number) => string;
}

/** A generator of 32 bits (mulberry32): fast, and good enough for made-up rows. Never for secrets. */
export function seedRandom(seed: number): Random {
  let state = seed >>> 0;
  const bits = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => bits() % limit;
  return {
    bits,
    below,
    once: (times) => below(times) === 0,
    pick: (from) => from[below(from.length)] ?? from[0],
    hex: (digits) => {
      let text = "";
      while (text.length < digits) text += bits().toString(16).padStart(8, "0");
      return text.slice(0, digits);
    },
  };
}

const birth = Date.UTC(2024, 0, 1);

/** What SQLite's datetime() writes, so many seconds after v1's first day: `2024-01-01 00:00:00`. */
export const timeAfter = (seconds: number): string =>
  new Date(birth + seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
