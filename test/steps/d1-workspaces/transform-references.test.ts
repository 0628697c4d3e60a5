import { describe, expect, it } from "vitest";
import { day, move, plainV1, referenceSchema, shownOf, type MadeV1 } from "./made-move.ts";

const withRows = (v1: MadeV1, table: string, ...rows: (string | number | null)[][]): MadeV1 => ({
  ...v1,
  [table]: { sql: v1[table]?.sql ?? "", rows: [...(v1[table]?.rows ?? []), ...rows] },
});

describe("what refers to what", () => {
  const tree = (rows: (string | null)[][]): MadeV1 => ({
    ...plainV1,
    nodes: { sql: "CREATE TABLE nodes (id TEXT PRIMARY KEY, parent_id TEXT)", rows },
  });
  const schema = `${referenceSchema}\nCREATE TABLE nodes (id TEXT PRIMARY KEY, parent_id TEXT REFERENCES nodes);`;

  it("puts rows that refer to their own table after their parents", async () => {
    const { rows, tables } = await move(
      tree([
        ["c", "b"],
        ["b", "a"],
        ["a", null],
        ["self", "self"],
      ]),
      {},
      schema,
    );
    expect(rows("nodes", "id").flat()).toEqual(["a", "self", "b", "c"]);
    expect(tables.find(({ source }) => source === "nodes")?.cyclic).toBe(false);
  });

  it("puts rows of a ring last and says so", async () => {
    const { rows, tables, told } = await move(
      tree([
        ["x", "y"],
        ["y", "x"],
        ["a", null],
      ]),
      {},
      schema,
    );
    expect(told).toEqual([]);
    expect(rows("nodes", "id").flat()).toEqual(["a", "x", "y"]);
    expect(tables.find(({ source }) => source === "nodes")?.cyclic).toBe(true);
  });

  it("keeps tables of a ring together, marked, after what they need and before what needs them", async () => {
    const ring = `${referenceSchema}
CREATE TABLE child (id TEXT PRIMARY KEY, a TEXT REFERENCES ring_a);
CREATE TABLE ring_a (id TEXT PRIMARY KEY, b TEXT REFERENCES ring_b, u TEXT REFERENCES users);
CREATE TABLE ring_b (id TEXT PRIMARY KEY, a TEXT REFERENCES ring_a);`;
    const { tables } = await move(plainV1, {}, ring);
    const names = tables.map(({ source }) => source);
    expect(names.indexOf("ring_a")).toBeGreaterThan(names.indexOf("users"));
    expect(names.indexOf("child")).toBeGreaterThan(names.indexOf("ring_b"));
    expect(tables.filter(({ cyclic }) => cyclic).map(({ source }) => source)).toEqual([
      "ring_a",
      "ring_b",
    ]);
  });

  it("finds orphans, also of references that v2 does not declare, and shows the line that decides", async () => {
    const v1 = withRows(plainV1, "records", ["r9", "gone", "{}", "nobody", day, day]);
    const schemaWithout = referenceSchema.replaceAll(
      / REFERENCES tables \(id\) ON DELETE CASCADE/g,
      "",
    );
    const { problems } = await move(v1, {}, schemaWithout);
    expect(problems.map(({ where }) => where)).toEqual([
      "records.created_by → users.id",
      "records.table_id → tables.id",
    ]);
    expect(problems[0]?.details).toContain(
      '{"orphans":{"records.created_by":{"setNull":true,"reason":"<why>"}}}',
    );
    expect(shownOf(problems)).not.toContain("nobody");
  });

  it("leaves orphans out or empties the reference, as decided, and sees what that makes of their children", async () => {
    const v1 = withRows(
      withRows(plainV1, "tables", ["t9", "nobody", "X", null, "i", "blue", 0, day, day]),
      "records",
      ["r8", "t9", "{}", null, day, day],
      ["r9", "t1", "{}", "nobody", day, day],
    );
    const left = {
      "tables.user_id": { leaveOut: true, reason: "gone" },
      "records.created_by": { setNull: true, reason: "gone" },
    };
    expect((await move(v1, { orphans: left })).told).toEqual([
      "1 row of records refers to a row of tables that is not there",
    ]);
    const decided = await move(v1, {
      orphans: { ...left, "records.table_id": { leaveOut: true, reason: "gone too" } },
    });
    expect(decided.told).toEqual([]);
    expect(decided.rows("records", "id, created_by")).toEqual([
      ["r1", "u1"],
      ["r2", null],
      ["r9", null],
    ]);
  });
});
