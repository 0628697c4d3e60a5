import { describe, expect, it } from "vitest";
import { listAllowed } from "../../../scripts/steps/d1-workspaces/transform-checks.ts";
import { parseUniqueIndex } from "../../../scripts/steps/d1-workspaces/transform-duplicates.ts";
import { day, move, plainV1, referenceSchema, shownOf, type MadeV1 } from "./made-move.ts";

/** plainV1 with some cells of its first user changed: email, role, is_active … */
const firstUser = (change: (row: (string | number | null)[]) => void): MadeV1 => {
  const rows = plainV1.users.rows.map((row) => [...row]);
  change(rows[0] ?? []);
  return { ...plainV1, users: { ...plainV1.users, rows } };
};
const withColour = (...colours: (string | null)[]): MadeV1 => ({
  ...plainV1,
  tables: {
    ...plainV1.tables,
    rows: colours.map((colour, index) => [`c${index}`, "u1", "T", null, "i", colour, 0, day, day]),
  },
  fields: { ...plainV1.fields, rows: [] },
  records: { ...plainV1.records, rows: [] },
});

describe("values that v2's CHECK refuses", () => {
  it("are shown when v2 has a list of words, with the line that maps them", async () => {
    const { problems } = await move(firstUser((row) => (row[4] = "viewer")));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      what: "v2's CHECK refuses 1 row of users: 1 value of role",
      where: "users.role, CHECK (role IN ('admin', 'editor'))",
      details: [
        "viewer (1)",
        '{"map":{"users.role":{"values":{"viewer":"<admin | editor>"},"reason":"<why>"}}}',
      ],
    });
  });

  it("are mapped by decision, and nothing else is", async () => {
    const decisions = {
      map: {
        "users.role": {
          values: { viewer: "editor", guest: "editor" },
          reason: "v2 has memberships",
        },
      },
    };
    const {
      rows,
      told,
      warnings,
      decisions: used,
    } = await move(
      firstUser((row) => (row[4] = "viewer")),
      decisions,
    );
    expect(told).toEqual([]);
    expect(rows("users", "role")).toEqual([["editor"], ["editor"]]);
    expect(used).toEqual(['map › users.role: 1 row with "viewer" (v2 has memberships)']);
    expect(warnings.map(({ what }) => what)).toEqual([
      'the decision map › users.role names a value that v1 does not have: "guest"',
    ]);
  });

  it("stay in the report when there are many or long ones; `refused` maps them all", async () => {
    const v1 = withColour(...Array.from({ length: 30 }, (_, index) => `#00${index}`));
    const { problems } = await move(v1);
    expect(problems[0]?.what).toBe("v2's CHECK refuses 30 rows of tables: 30 values of color");
    expect(JSON.stringify([problems[0]?.what, problems[0]?.details])).not.toContain("#00");
    expect(problems[0]?.rows).toContain("tables.color = #007: 1");
    const decided = await move(v1, {
      map: { "tables.color": { refused: "gray", reason: "free colours are gone" } },
    });
    expect(decided.told).toEqual([]);
    expect(decided.rows("tables", "DISTINCT color")).toEqual([["gray"]]);
  });

  it("are counted only, when the CHECK is no list or speaks of several columns", async () => {
    const schema = referenceSchema
      .replace(
        "name TEXT NOT NULL,\n  password_hash",
        "name TEXT NOT NULL CHECK (length(name) > 5 AND users.name <> 'x'),\n  password_hash",
      )
      .replace(
        "updated_at TEXT NOT NULL DEFAULT (datetime('now'))\n);",
        "updated_at TEXT NOT NULL DEFAULT (datetime('now')), CHECK (email <> name || 'ada@example.com' AND id > name)\n);",
      );
    const { problems } = await move(plainV1, {}, schema);
    expect(problems.map(({ what }) => what)).toEqual([
      "v2's CHECK refuses 2 rows of users: 2 values of name",
    ]);
    expect(shownOf(problems)).not.toContain("Ada");
  });

  it("knows a list of words", () => {
    expect(listAllowed("role IN ('a', 'b''c', 3)")).toEqual(["a", "b'c", "3"]);
    expect(listAllowed("\"role\" in('a')")).toEqual(["a"]);
    expect(listAllowed("role IN ('a') OR x IN ('b')")).toBeUndefined();
    expect(listAllowed("length(role) IN (1)")).toBeUndefined();
    expect(listAllowed("role NOT IN ('a')")).toBeUndefined();
  });
});

describe("values that v2 wants", () => {
  it("stop the move until they are filled, whether v1 has NULL or no such column", async () => {
    const v1 = {
      ...withColour(null),
      fields: {
        sql: "CREATE TABLE fields (id TEXT PRIMARY KEY, table_id TEXT, name TEXT)",
        rows: [["f", "c0", "F"]],
      },
    };
    const { problems } = await move(v1);
    expect(problems.map(({ what }) => what)).toEqual([
      "nobody gives fields.type a value",
      "nobody gives fields.created_at a value, and v2's default differs from run to run",
      "1 row of tables has no color, and v2 wants one",
    ]);
    expect(problems[2]?.where).toBe("tables.color, NOT NULL; v2's own default is 'blue'");
    const decided = await move(v1, {
      fill: {
        "tables.color": { value: "blue", reason: "as new ones" },
        "fields.type": { value: "text", reason: "the only one" },
        "fields.created_at": { value: day, reason: "unknown" },
      },
    });
    expect(decided.told).toEqual([]);
    expect(decided.rows("fields", "type, created_at, position")).toEqual([["text", day, 0n]]);
    expect(decided.decisions).toContain("fill › tables.color: 1 row (as new ones)");
  });

  it("may be taken from another column of the row", async () => {
    const sql = plainV1.tables.sql.replace(", updated_at TEXT", "");
    const v1 = {
      ...plainV1,
      tables: { sql, rows: plainV1.tables.rows.map((row) => row.slice(0, -1)) },
    };
    const { told, rows } = await move(v1, {
      fill: { "tables.updated_at": { column: "created_at", reason: "never changed" } },
    });
    expect(told).toEqual([]);
    expect(rows("tables", "updated_at")).toEqual([[day], [day]]);
  });

  it("may not be taken from a column that is not there", async () => {
    const v1 = withColour(null);
    const { told, warnings } = await move(v1, {
      fill: { "tables.color": { column: "colour", reason: "r" } },
    });
    expect(told).toEqual(["1 row of tables has no color, and v2 wants one"]);
    expect(warnings.map(({ what }) => what)).toContain(
      "the decision fill › tables.color takes a column that is not there: colour",
    );
  });

  it("may be wanted of rows that are made", async () => {
    const schema = referenceSchema.replace(
      "icon TEXT NOT NULL DEFAULT 'briefcase'",
      "icon TEXT NOT NULL",
    );
    const { problems } = await move(plainV1, {}, schema);
    expect(problems).toMatchObject([
      { what: "nobody gives workspaces.icon a value", where: "2 rows that are made" },
    ]);
    const decided = await move(
      plainV1,
      { fill: { "workspaces.icon": { value: "📁", reason: "as v2's form" } } },
      schema,
    );
    expect(decided.told).toEqual([]);
    expect(decided.rows("workspaces", "icon")).toEqual([["📁"], ["📁"]]);
  });
});

describe("rows that stand in each other's way", () => {
  it("are found for primary keys, UNIQUE with NOCASE, partial indexes and expressions, before v2 is touched", async () => {
    const v1: MadeV1 = {
      ...firstUser((row) => (row[1] = "BOB@example.com")),
      records: {
        sql: plainV1.records.sql.replace(" PRIMARY KEY", ""),
        rows: [...plainV1.records.rows, ["r1", "t1", "{}", null, day, day]],
      },
    };
    const schema = `${referenceSchema}
CREATE UNIQUE INDEX one_active ON users (is_active) WHERE is_active = 1;
CREATE UNIQUE INDEX by_host ON users (substr(email, instr(email, '@')) COLLATE NOCASE DESC);
CREATE UNIQUE INDEX fine ON users (is_active) WHERE is_active = 7;`;
    const { problems } = await move(v1, {}, schema);
    expect(problems.map(({ where }) => where?.split("), ").at(-1))).toEqual([
      "UNIQUE",
      "unique index one_active",
      "unique index by_host",
      "primary key",
    ]);
  });

  it("are not rows with NULL, nor mail addresses that differ in case where v2 allows that", async () => {
    const schema = referenceSchema.replace(" COLLATE NOCASE", "");
    expect(
      (
        await move(
          firstUser((row) => (row[1] = "BOB@example.com")),
          {},
          schema,
        )
      ).told,
    ).toEqual([]);
  });

  it("tell when v2 could not evaluate its key or CHECK on a row, instead of breaking off", async () => {
    const v1: MadeV1 = {
      ...plainV1,
      records: { ...plainV1.records, rows: [["r1", "t1", '{"a', null, day, day]] },
    };
    const schema = `${referenceSchema.replace("data TEXT NOT NULL DEFAULT '{}'", "data TEXT NOT NULL DEFAULT '{}' CHECK (json_extract(data, '$.a') > 1)")}
CREATE UNIQUE INDEX by_title ON records (json_extract(data, '$.title'));`;
    const decisions = { map: { "records.data": { refused: "{}", reason: "r" } } };
    expect((await move(v1, decisions, schema)).told).toEqual([
      "v2's unique index by_title on records cannot be evaluated on v1's rows: malformed JSON",
      "v2's CHECK on records cannot be evaluated on v1's rows: malformed JSON",
    ]);
  });

  it("reads the parts of a unique index", () => {
    expect(
      parseUniqueIndex(
        `CREATE UNIQUE INDEX "a(b" ON t ("x,y" DESC, coalesce(z, ','))\nWHERE z = ')';`,
      ),
    ).toEqual({
      expressions: ['"x,y"', "coalesce(z, ',')"],
      condition: "z = ')'",
    });
  });
});

describe("types and JSON", () => {
  it("finds what STRICT tables and integer keys refuse", async () => {
    const v1: MadeV1 = {
      ...plainV1,
      nums: {
        sql: "CREATE TABLE nums (id TEXT, n TEXT, a)",
        rows: [
          ["1", "12", "x"],
          ["x", "y", 1],
        ],
      },
    };
    const schema = `${referenceSchema}CREATE TABLE nums (id INTEGER PRIMARY KEY, n INTEGER, a ANY) STRICT;`;
    const { told, rows } = await move(v1, {}, schema);
    expect(told).toEqual([
      "1 row of nums has a id that is no INTEGER",
      "1 row of nums has a n that is no INTEGER",
    ]);
    expect(rows("nums")).toEqual([
      [1n, 12n, "x"],
      ["x", "y", 1n],
    ]);
  });

  it("numbers made memberships where v2 numbers its rows", async () => {
    const schema = referenceSchema
      .replace(
        "CREATE TABLE workspace_members (",
        "CREATE TABLE workspace_members (id INTEGER PRIMARY KEY AUTOINCREMENT,",
      )
      .replace(",\n  PRIMARY KEY (workspace_id, user_id)", "");
    const { told, rows } = await move(plainV1, {}, schema);
    expect(told).toEqual([]);
    expect(rows("workspace_members", "id, user_id")).toEqual([
      [1n, "u1"],
      [2n, "u2"],
    ]);
  });

  it("moves invalid JSON as it is and says how much there is", async () => {
    const v1: MadeV1 = {
      ...plainV1,
      records: { ...plainV1.records, rows: [["r1", "t1", '{"a', null, day, day]] },
    };
    const { told, warnings, rows } = await move(v1);
    expect(told).toEqual([]);
    expect(warnings[0]?.what).toBe(
      "1 row of records holds invalid JSON in data; moved byte for byte as v1 has it",
    );
    expect(rows("records", "data")).toEqual([['{"a']]);
  });
});
