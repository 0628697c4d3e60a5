import type { AnimalOptions } from "./zoo.ts";
import type { MoveExpectations } from "./compare-move.ts";

/** One kind of structure, in a schema of its own, so that many of them move at once. */
export interface Creature {
  /** What it is, in a few words. */
  readonly is: string;
  /** As superuser, on both sides, before all else. */
  readonly asSuperuser?: string;
  /** Structure that both have, made by the owners. */
  readonly both?: string;
  readonly v1?: string;
  readonly v2?: string;
  /** Rows of v1. */
  readonly rows?: string;
  /** As superuser when all else is there, on both sides, or on one. */
  readonly atLast?: string;
  readonly v1AtLast?: string;
  readonly v2AtLast?: string;
  readonly expect?: MoveExpectations;
  /** What the whole run must say. */
  readonly says?: readonly (string | RegExp)[];
}

/** Both databases with all the creatures in them. */
export function gather(creatures: readonly Creature[]): AnimalOptions {
  const list = (parts: (creature: Creature) => readonly (string | undefined)[]): string[] =>
    creatures
      .map((creature) =>
        parts(creature)
          .filter((part) => part !== undefined)
          // constraints that are deferred are checked before the next part
          .join(";\ncommit;\n"),
      )
      .filter((sql) => sql !== "");
  return {
    v1AsSuperuser: list(({ asSuperuser }) => [asSuperuser]),
    v2AsSuperuser: list(({ asSuperuser }) => [asSuperuser]),
    v1: list(({ both, v1, rows }) => [both, v1, rows]),
    v2: list(({ both, v2 }) => [both, v2]),
    v1AtLast: list(({ atLast, v1AtLast }) => [atLast, v1AtLast]),
    v2AtLast: list(({ atLast, v2AtLast }) => [atLast, v2AtLast]),
  };
}

/** What is expected of all of them. */
export function expectAll(creatures: readonly Creature[]): MoveExpectations {
  const all = creatures.map(({ expect }) => expect ?? {});
  return {
    stays: all.flatMap(({ stays }) => stays ?? []),
    judged: all.flatMap(({ judged }) => judged ?? []),
    questions: all.flatMap(({ questions }) => questions ?? []),
    mustHold: all.flatMap(({ mustHold }) => mustHold ?? []),
  };
}

export const wordsOf = (creatures: readonly Creature[]): (string | RegExp)[] =>
  creatures.flatMap(({ says }) => says ?? []);
