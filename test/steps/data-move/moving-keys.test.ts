import { describe, expect, it } from "vitest";
import type { TablePlan } from "../../../scripts/postgres/table-plan.ts";
import { listMovedTargets, listMovingKeys } from "../../../scripts/steps/data-move/moving-keys.ts";
import {
  inPublic,
  makeCatalogue,
  makeKey,
  makeMoved,
  makeTable,
} from "../../postgres/made-catalogue.ts";

const planOf = (...moved: TablePlan["moved"]): TablePlan => ({
  moved,
  leftOut: [],
  homeless: [],
  targetOnly: [],
  problems: [],
});

describe("the tables of v2 that rows go into", () => {
  it("are those that the plan names, with their partitions at every level", () => {
    const event = makeTable("event", { kind: "p" });
    const root = inPublic("event");
    const target = makeCatalogue([
      event,
      makeTable("event_2024", { kind: "p", root }),
      makeTable("event_2024_05", { root }),
      makeTable("Animal"),
      makeTable("other", { kind: "p" }),
      makeTable("other_2024", { root: inPublic("other") }),
    ]);
    const plan = planOf(makeMoved("event", { target: event }), makeMoved("Animal"));
    expect([...listMovedTargets(plan, target)]).toEqual([
      `"public"."event"`,
      `"public"."event_2024"`,
      `"public"."event_2024_05"`,
      `"public"."Animal"`,
    ]);
  });

  it("are told by schema and name", () => {
    const target = makeCatalogue([makeTable("Animal", { schema: "audit" }), makeTable("Animal")]);
    expect([...listMovedTargets(planOf(makeMoved("Animal")), target)]).toEqual([
      `"public"."Animal"`,
    ]);
  });
});

describe("the keys that stand in the way of a load", () => {
  const moved = new Set([`"public"."Animal"`, `"public"."Owner"`]);
  const names = (...keys: Parameters<typeof listMovingKeys>[0]): string[] =>
    listMovingKeys(keys, moved).map(({ name }) => name);

  it("stand on a table that rows go into, whatever they refer to", () => {
    expect(names(makeKey("Animal", "Owner"), makeKey("Animal", "Country"))).toEqual([
      "Animal_Owner_fkey",
      "Animal_Country_fkey",
    ]);
  });

  it.each([
    ["stands on a table that does not move", makeKey("Report", "Animal")],
    ["stands on a table of that name elsewhere", makeKey("Animal", "Owner", { schema: "audit" })],
    ["stands on another owner's table", makeKey("Animal", "Owner", { owned: false })],
    ["could not be added again", makeKey("Animal", "Owner", { mayReference: false })],
    ["belongs to an extension", makeKey("Animal", "Owner", { extension: "pg_partman" })],
  ])("do not count one that %s", (_, key) => {
    expect(names(key)).toEqual([]);
  });
});
