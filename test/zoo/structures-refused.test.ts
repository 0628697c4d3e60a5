import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAll, gather, wordsOf } from "./support/herd.ts";
import type { Verdict } from "./support/compare-move.ts";
import { startZoo, type Animal, type Zoo } from "./support/zoo.ts";
import { forbidden, refused } from "./structures/refused.ts";

/* What cannot be moved is refused before anything changes, by name and reason. */

let zoo: Zoo;
let animal: Animal;
let verdict: Verdict;

beforeAll(async () => {
  zoo = await startZoo();
  animal = await zoo.animal(gather(refused));
  verdict = await animal.compare(expectAll(refused), () =>
    animal.moveIt([], { V1_LEAVE_OUT: "behind.parent" }),
  );
});
afterAll(() => zoo.stop());

describe("preflight", () => {
  test("refuses, and nothing has changed on either side", () => {
    expect(verdict.faults).toEqual([]);
    expect(verdict.ended.code).toBe(3);
  });

  test.each(refused.map(({ is, says }) => [is, says ?? []] as const))("names %s", (_, says) => {
    expect(says.length).toBeGreaterThan(0);
    for (const words of says) expect(verdict.ended.output).toMatch(words);
  });

  test("leaves prepared transactions alone that hold nothing of what moves", () => {
    expect(verdict.ended.output).not.toContain("harmless");
  });
});

describe("roles that lack privileges", () => {
  test("are refused, each privilege by name; without CREATE in v2 there would be no place for the ledger", async () => {
    const { v2AtLast, ...rest } = gather(forbidden);
    const poor = await zoo.animal({
      ...rest,
      v2AtLast: [
        v2AtLast,
        "do $$ begin execute format('alter database %I owner to postgres', current_database()); end $$",
      ].flat() as string[],
    });
    const { ended, faults } = await poor.compare({ mustHold: ["closed.t", "unread.t"] });
    expect(faults).toEqual([]);
    expect(ended.code).toBe(3);
    for (const words of wordsOf(forbidden)) expect(ended.output).toMatch(words);
    expect(ended.output).toContain("v2's role may not make the schema movebook");
  });
});
