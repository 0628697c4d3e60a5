import { describe, expect, test } from "vitest";
import type { Table } from "../../../scripts/postgres/catalogue.ts";
import { planTables, type TablesToPlan } from "../../../scripts/steps/data-move/tables.ts";
import type { TablePlan } from "../../../scripts/postgres/table-plan.ts";
import { makeCatalogue, makeColumn, makeTable } from "../../postgres/made-catalogue.ts";

const column = makeColumn;
const table = makeTable;
const catalogue = makeCatalogue;

const plan = (
  source: readonly Table[],
  target: readonly Table[],
  more: Partial<TablesToPlan> = {},
): TablePlan =>
  planTables({
    source: catalogue(source),
    target: catalogue(target),
    history: new Set(),
    leaveOut: [],
    ...more,
  });

const movedNames = (of: TablePlan): string[] => of.moved.map(({ name }) => name.name);
const reasons = (of: TablePlan): string[] =>
  of.leftOut.map(({ name, reason }) => `${name.name}: ${reason}`);

describe("which tables move", () => {
  test("a table that both sides have moves with its shared columns, in v1's order", () => {
    const result = plan(
      [table("a", { columns: [column("x"), column("gone"), column("y", { type: "text" })] })],
      [table("a", { columns: [column("y"), column("x"), column("new")] })],
    );
    expect(result.moved[0]?.columns.map(({ name }) => name)).toEqual(["x", "y"]);
    expect(result.moved[0]?.homeless).toEqual(["gone"]);
    expect(result.moved[0]?.leaves).toEqual([
      { source: { schema: "public", name: "a" }, into: { schema: "public", name: "a" } },
    ]);
    expect(result.problems).toEqual([]);
  });

  test("the same name in another schema is another table", () => {
    const result = plan([table("a", { schema: "x" })], [table("a", { schema: "y" })]);
    expect(result.moved).toEqual([]);
    expect(result.homeless.map(({ schema }) => schema)).toEqual(["x"]);
    expect(result.targetOnly.map(({ schema }) => schema)).toEqual(["y"]);
  });

  test("columns that are generated on either side are not loaded", () => {
    const stored = { generated: "s" } as const;
    const result = plan(
      [table("a", { columns: [column("in1", stored), column("in2"), column("both", stored)] })],
      [table("a", { columns: [column("in1"), column("in2", stored), column("both", stored)] })],
    );
    expect(result.moved[0]?.columns).toEqual([]);
    expect(result.moved[0]?.computed).toEqual(["in2"]);
    expect(result.moved[0]?.homeless).toEqual([]);
  });

  test("migration history and extension tables stay behind by name", () => {
    const result = plan(
      [table("_prisma_migrations"), table("spatial_ref_sys", { extension: "postgis" })],
      [table("schema_migrations")],
      { history: new Set(['"public"."_prisma_migrations"', '"public"."schema_migrations"']) },
    );
    expect(movedNames(result)).toEqual([]);
    expect(reasons(result)).toEqual([
      "_prisma_migrations: migration history",
      "spatial_ref_sys: belongs to the extension postgis",
      "schema_migrations: migration history",
    ]);
    expect(result.homeless).toEqual([]);
  });

  test("a table of others on both sides stays, one of ours that v2's role does not own is a problem", () => {
    const others = { owned: false, owner: "cloud_admin" };
    const result = plan(
      [table("theirs", others), table("ours"), table("unreadable", { readable: false })],
      [table("theirs", others), table("ours", others), table("unreadable"), table("extra", others)],
    );
    expect(movedNames(result)).toEqual([]);
    expect(reasons(result)).toEqual([
      "theirs: belongs to cloud_admin in v2, and to cloud_admin in v1: not ours",
      "extra: belongs to cloud_admin, and v1 lacks it",
    ]);
    expect(result.problems.map(({ what }) => what)).toEqual([
      "table ours belongs to cloud_admin in v2: v2's role could not load it",
      "v1's role may not read table unreadable, which belongs to app",
    ]);
    expect(result.problems[0]?.todo).toContain("V1_LEAVE_OUT=ours");
  });

  test("large objects are a problem until they are left out by name", () => {
    const target = catalogue([]);
    const facts = { source: catalogue([], 2), target, history: new Set<string>(), leaveOut: [] };
    expect(planTables(facts).problems[0]?.what).toContain("2 large objects");
    expect(planTables({ ...facts, leaveOut: ["pg_largeobject"] }).problems).toEqual([]);
  });
});

describe("V1_LEAVE_OUT", () => {
  const both = [
    table("Log", { columns: [column("id"), column("text")] }),
    table("Log", { schema: "audit" }),
    table("text", { schema: "Log" }),
  ];

  test.each([
    [["Log"], ["Log", "text"]],
    [["public.Log"], ["Log", "text"]],
    [["audit.Log"], ["Log", "text"]],
  ])("%s leaves out one table", (leaveOut, moved) => {
    const result = plan(both, both, { leaveOut });
    expect(movedNames(result)).toEqual(moved);
    expect(result.problems).toEqual([]);
  });

  test("leaves out a column", () => {
    const result = plan(both, both, { leaveOut: ["Log.id", "audit.Log.id"] });
    expect(result.moved.map(({ skipped }) => skipped)).toEqual([["id"], ["id"], []]);
    expect(result.moved[0]?.columns.map(({ name }) => name)).toEqual(["text"]);
    expect(result.problems).toEqual([]);
  });

  test("refuses an entry that names nothing, that is ambiguous, or that is a partition", () => {
    const root = { schema: "public", name: "p" };
    const tables = [...both, table("p", { kind: "p" }), table("p1", { root, bound: "DEFAULT" })];
    const result = plan(tables, tables, { leaveOut: ["log", "Log.text", "p1"] });
    expect(result.problems.map(({ what }) => what)).toEqual([
      "V1_LEAVE_OUT: v1 has nothing that is called log",
      "V1_LEAVE_OUT: Log.text can mean more than one thing in v1",
      "V1_LEAVE_OUT: p1 is part of the partitioned table p",
    ]);
    expect(result.problems[1]?.details).toEqual([
      "table text in schema Log",
      "column text of table Log",
    ]);
  });
});

describe("partitions", () => {
  const root = { schema: "public", name: "p" };
  const leaf = (name: string, bound: string, more: Partial<Table> = {}): Table =>
    table(name, { root, bound, ...more });
  const low = "RANGE (id) / FOR VALUES FROM (0) TO (10)";
  const into = (source: readonly Table[], target: readonly Table[]): string[] | undefined =>
    plan(source, target).moved[0]?.leaves.map((each) => `${each.source.name} -> ${each.into.name}`);
  const p = table("p", { kind: "p" });

  test("move with their root, each into its twin when both sides are cut alike", () => {
    const result = plan(
      [p, leaf("p1", low), leaf("p2", "RANGE (id) / DEFAULT")],
      [p, leaf("p1", low)],
    );
    expect(movedNames(result)).toEqual(["p"]);
    expect(result.moved[0]?.leaves.map((each) => each.into.name)).toEqual(["p1", "p"]);
    expect(result.homeless).toEqual([]);
  });

  test("go through the root when bounds, types or keys differ, or the key is hashed", () => {
    const hash = "HASH (id) / FOR VALUES WITH (modulus 2, remainder 0)";
    const wide = { columns: [column("id", { type: "bigint" })] };
    expect(into([p, leaf("p1", low)], [p, leaf("p1", "RANGE (id) / DEFAULT")])).toEqual([
      "p1 -> p",
    ]);
    expect(into([p, leaf("p1", low)], [p, leaf("p1", low, wide)])).toEqual(["p1 -> p"]);
    expect(into([p, leaf("p1", hash)], [p, leaf("p1", hash)])).toEqual(["p1 -> p"]);
    expect(into([p, leaf("p1", low)], [p, table("p1")])).toEqual(["p1 -> p"]);
  });

  test("an ordinary table and a partitioned one exchange rows either way", () => {
    expect(into([table("p")], [p, leaf("p1", low)])).toEqual(["p -> p"]);
    expect(into([p, leaf("p1", low)], [table("p")])).toEqual(["p1 -> p"]);
  });
});

describe("what stands in the way", () => {
  const inV1 = { ...catalogue([table("a")]), largeObjects: 2 };

  test("large objects are refused with the columns that may refer to them", () => {
    const columns = [column("id"), column("file", { type: "oid", typeName: "oid" })];
    const source = { ...inV1, tables: [table("a", { columns })] };
    const [problem] = plan([], [table("a", { columns })], { source }).problems;
    expect(problem?.what).toContain("v1 holds 2 large objects (pg_largeobject)");
    expect(problem?.details).toEqual(["columns that may refer to them: a.file"]);
  });

  test("a table that is a view in v2 has no place for its rows", () => {
    const view = { schema: "public", name: "a", kind: "v" as const, root: null };
    const target = { ...catalogue([]), others: [view] };
    const result = plan([table("a")], [], { target });
    expect(result.problems.map(({ what }) => what)).toEqual([
      "a is a table in v1 and a view in v2: its rows could not be loaded",
    ]);
    expect(result.homeless).toEqual([]);
  });

  test("a partition of another role is refused like a table", () => {
    const whole = table("a", { kind: "p" });
    const part = table("a_1", {
      root: { schema: "public", name: "a" },
      bound: "LIST (id) / DEFAULT",
    });
    const theirs = { ...part, owner: "them", owned: false, readable: false };
    const said = (of: TablePlan): string[] => of.problems.map(({ what }) => what);
    expect(said(plan([whole, part], [whole, theirs]))).toEqual([
      "table a_1 belongs to them in v2: v2's role could not load it",
    ]);
    expect(said(plan([whole, theirs], [whole, part]))).toEqual([
      "v1's role may not read table a_1, which belongs to them",
    ]);
  });
});

describe("tables that v2 has made partitions", () => {
  const root = { schema: "public", name: "event" };
  const cut = table("old", {
    root,
    kind: "p",
    bound: "RANGE (at) / FOR VALUES FROM (1) TO (2) LIST (id)",
  });
  const target = [
    table("event", { kind: "p" }),
    cut,
    table("old_1", { root, bound: `${cut.bound} / FOR VALUES IN (1)` }),
    table("new", { root, bound: "RANGE (at) / FOR VALUES FROM (2) TO (3)" }),
  ];

  test("move as tables of their own, and are no part of the one above them", () => {
    const result = plan([table("event"), table("old")], target);
    expect(movedNames(result)).toEqual(["event", "old"]);
    expect(result.moved.map(({ apart }) => apart.map(({ name }) => name))).toEqual([["old_1"], []]);
  });
});
