import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAll, gather, wordsOf, type Creature } from "./support/herd.ts";
import { startZoo, type Zoo } from "./support/zoo.ts";
import { keys } from "./structures/keys.ts";
import { guests } from "./structures/guests.ts";
import { partitions } from "./structures/partitions.ts";
import { tables } from "./structures/tables.ts";
import { triggers } from "./structures/triggers.ts";
import { types } from "./structures/types.ts";
import { views } from "./structures/views.ts";

/* v2 after a move: v1's data, and v2's schema down to the rows of the system catalogues. */

let zoo: Zoo;

beforeAll(async () => {
  zoo = await startZoo();
});
afterAll(() => zoo.stop());

const families: readonly (readonly [string, readonly Creature[]])[] = [
  ["partitioned tables, foreign keys and other constraints", [...partitions, ...keys]],
  ["tables and types of every shape", [...tables, ...types]],
  [
    "triggers, rules, views and functions; what belongs to others, and who sees which row",
    [...triggers, ...views, ...guests],
  ],
];

describe("a move leaves v2 with v1's rows and its own schema", () => {
  test.each(families)("%s", async (_, creatures) => {
    const animal = await zoo.animal(gather(creatures));
    const { ended, faults } = await animal.compare(expectAll(creatures));
    expect(faults).toEqual([]);
    expect(ended.output).toContain("RESULT: PASS");
    for (const words of wordsOf(creatures)) expect(ended.output).toMatch(words);
    animal.remove();
  });
});
