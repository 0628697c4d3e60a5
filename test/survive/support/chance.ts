/** Random points come from here: the same seed gives the same ones. Another one: MOVEBOOK_SEED=7 npx vitest run test/survive */
export const seed = Number(process.env["MOVEBOOK_SEED"] ?? "4711");

/** Numbers from 0 to below 1 (mulberry32). */
export function makeChance(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One of them. */
export function pick<T>(chance: () => number, from: readonly T[]): T {
  const picked = from[Math.floor(chance() * from.length)];
  if (picked === undefined) throw new Error("nothing to pick from");
  return picked;
}
