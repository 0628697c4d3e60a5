import { describe, expect, it } from "vitest";
import type { Part } from "../../../scripts/engine/command.ts";
import {
  buildTakingBack,
  type TakingBack,
} from "../../../scripts/steps/data-move/rollback-plan.ts";
import { inPublic, makeKey } from "../../postgres/made-catalogue.ts";
import { findInOrder } from "./made-import.ts";

const animal = { ...inPublic("Animal"), kind: "r" } as const;
const section = {
  table: inPublic("Animal"),
  columns: ["id"],
  start: 10,
  end: 90,
  rows: 8,
  line: 3,
};

const build = (more: Partial<TakingBack> = {}): Part[] =>
  buildTakingBack({
    run: "r1",
    locked: [animal],
    looks: [{ table: animal, condition: "false" }],
    emptied: [animal],
    keys: [makeKey("Bookmark", "Animal")],
    triggers: [{ schema: "public", table: "Animal", name: "touch", mode: "A" }],
    file: "/tmp/rows.sql",
    loads: [{ section, into: section.table, columns: section.columns }],
    made: { before: "", after: "" },
    sequences: [],
    ...more,
  });

const textOf = ({ input }: Part): string =>
  input.map((one) => ("text" in one ? one.text : `<${one.start}-${one.end}>\n`)).join("");
const whole = (parts: readonly Part[]): string => parts.map(textOf).join("");

describe("taking an import back", () => {
  it("looks under the lock, empties without triggers and keys, brings back, restores, and commits last", () => {
    const order = [
      "begin;",
      `lock table only "public"."Animal" in access exclusive mode;`,
      "movebook: tables hold other rows than was looked at before",
      "select 'movebook:structure '",
      `disable trigger "touch"`,
      `drop constraint "Bookmark_Animal_fkey"`,
      `truncate table only "public"."Animal";`,
      `copy "public"."Animal" ("id") from stdin;\n<10-90>\n`,
      "set constraints all immediate;",
      `enable always trigger "touch"`,
      `add constraint "Bookmark_Animal_fkey"`,
      "movebook: foreign keys are broken",
      "select 'movebook:structure '",
      "movebook.imports where run = 'r1'",
      "commit;",
    ];
    expect(findInOrder(whole(build()), order)).toEqual(order);
  });

  it("makes dropped tables before their rows and completes them after the comparison", () => {
    const made = { before: "CREATE TABLE public.knex (id int);", after: "CREATE INDEX knex_i;" };
    const sequences = [{ ...inPublic("knex_id_seq"), state: { last: 3n, called: true } }];
    const order = [
      "CREATE TABLE public.knex (id int);",
      "set local search_path = '';",
      "select 'movebook:structure '",
      "copy ",
      "select 'movebook:structure '",
      "CREATE INDEX knex_i;",
      `pg_catalog.setval('"public"."knex_id_seq"'::pg_catalog.regclass, 3, true)`,
      "commit;",
    ];
    expect(findInOrder(whole(build({ made, sequences })), order)).toEqual(order);
  });

  it("never empties with CASCADE, and commits once", () => {
    expect(whole(build())).not.toMatch(/cascade/iu);
    expect(whole(build()).match(/^commit;$/gmu)).toHaveLength(1);
  });
});
