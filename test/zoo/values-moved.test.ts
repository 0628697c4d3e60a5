import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Animal, startZoo, type Zoo } from "./support/zoo.ts";
import type { Verdict } from "./support/compare-move.ts";
import { strangelyNamed } from "./values/names.ts";
import { extensions, ofExtensions } from "./values/of-extensions.ts";
import { numbersAndTimes } from "./values/numbers-and-times.ts";
import { structured } from "./values/structured.ts";
import { texts } from "./values/texts.ts";

/* Values and names that a move could change on its way: from v1 to a v2 of the same schema. */

const specimens = [...numbersAndTimes, ...texts, ...structured, ...strangelyNamed];

let zoo: Zoo;
let animal: Animal;
let verdict: Verdict;
/** The machine's server programs may come without the extensions of Postgres. */
let hasExtensions = false;

beforeAll(async () => {
  zoo = await startZoo();
  const names = extensions.map((name) => `'${name}'`).join();
  const question = `select count(*) from pg_available_extensions where name in (${names})`;
  hasExtensions = Number(await zoo.v1.psql("postgres", question)) === extensions.length;
  const taken = [...specimens, ...(hasExtensions ? ofExtensions : [])];
  const made = hasExtensions
    ? extensions.map((name) => `create extension ${name};`).join("\n")
    : "";
  const schema = taken.map((specimen) => specimen.schema).join("\n");
  animal = await zoo.animal({
    v1AsSuperuser: made,
    v2AsSuperuser: made,
    v1: `${schema}\n${taken.map(({ rows }) => rows).join("\n")}`,
    v2: schema,
  });
  const mustHold = taken.flatMap(({ tables }) => tables);
  verdict = await animal.compare({ mustHold });
});
afterAll(() => zoo?.stop());

describe("a move of values of every kind", () => {
  it("ends well", () => {
    const { code, output } = verdict.ended;
    expect(code, output).toBe(0);
    expect(output).toContain("RESULT: PASS");
  });

  it("changes nothing on its way, by Postgres' own comparison", () => {
    expect(verdict.faults).toEqual([]);
  });

  it.for([...specimens, ...ofExtensions])("brings $what", async (specimen, test) => {
    test.skip(
      ofExtensions.includes(specimen) && !hasExtensions,
      "no such extension on this machine",
    );
    const { holds } = specimen;
    const answers = await animal.v2.sql(
      `select ${holds.map((condition) => `(${condition}) is true`).join(", ")}`,
    );
    const missing = holds.filter((_, at) => answers.split("|")[at] !== "t");
    expect(missing).toEqual([]);
  });
});
