import { describe, expect, test } from "vitest";
import type { ForeignKey } from "../../scripts/postgres/catalogue.ts";
import {
  buildOrphanCondition,
  buildOrphanCount,
  buildOrphanRows,
} from "../../scripts/postgres/orphans.ts";

const key: ForeignKey = {
  schema: "public",
  table: 'Ani"mal',
  name: "mother",
  definition: "",
  validated: true,
  comment: null,
  tableKind: "r",
  columns: ["a", "b"],
  references: { schema: "two words", name: "Parent" },
  referencedKind: "r",
  referencedColumns: ["x", "y"],
  match: "s",
  operators: ["OPERATOR(public.=)", "OPERATOR(pg_catalog.=)"],
  enforced: true,
  period: false,
  onDelete: "a",
  setOnDelete: [],
  copies: [],
  asMade: true,
  owned: true,
  mayReference: true,
  extension: null,
};

describe("orphans", () => {
  test("are counted with the key's own operators and quoted names", () => {
    expect(buildOrphanCount(key)).toBe(
      'select pg_catalog.count(*) as orphans from only "public"."Ani""mal" as child where child."a" is not null and child."b" is not null and not exists (select 1 from only "two words"."Parent" as parent where parent."x" OPERATOR(public.=) child."a" and parent."y" OPERATOR(pg_catalog.=) child."b")',
    );
  });

  test("of a partitioned table are looked for in all partitions", () => {
    const sql = buildOrphanCount({ ...key, tableKind: "p", referencedKind: "p" });
    expect(sql).not.toContain("only");
  });

  test("MATCH FULL refuses a key that is NULL in part", () => {
    expect(buildOrphanCondition({ ...key, match: "f" })).toMatch(
      /^not \(child."a" is null and child."b" is null\) and \(not \(child."a" is not null and child."b" is not null\) or not exists/,
    );
  });

  test("of a PERIOD key are ranges that are not covered by the referenced ones taken together", () => {
    expect(buildOrphanCondition({ ...key, period: true })).toBe(
      'child."a" is not null and child."b" is not null and not coalesce((select child."b" operator(pg_catalog.<@) pg_catalog.range_agg(parent."y") from only "two words"."Parent" as parent where parent."x" OPERATOR(public.=) child."a"), false)',
    );
  });

  test("come with the missing key and the row", () => {
    expect(buildOrphanRows(key, 5)).toContain(
      `json_build_object('key', pg_catalog.json_build_object('a', child."a", 'b', child."b"), 'row', pg_catalog.to_json(child.*))`,
    );
    expect(buildOrphanRows(key, 5)).toMatch(/ limit 5$/);
  });
});
