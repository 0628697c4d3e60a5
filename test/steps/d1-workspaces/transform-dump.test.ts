import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../scripts/engine/failure.ts";
import { RawText } from "../../../scripts/cloudflare/cell.ts";
import {
  listSourceTables,
  listTransformedTables,
} from "../../../scripts/cloudflare/scratch-table.ts";
import { Scratch } from "../../../scripts/cloudflare/scratch.ts";
import { move, plainV1, referenceSchema, writeDump, type MadeV1 } from "./made-move.ts";

const thrown = async (work: Promise<unknown>): Promise<Failure> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("rows on their way", () => {
  it("keeps password hashes and record JSON byte for byte", async () => {
    const { rows } = await move(plainV1);
    expect(rows("users", "password_hash")).toEqual([["pbkdf2$1"], ["pbkdf2$2"]]);
    expect(rows("records", "data")).toEqual([['{"f1":"one"}'], ['{ "a" : [1,\t2] }']]);
  });

  it("writes the same bytes at every run", async () => {
    const digest = async (): Promise<string> => {
      const { tables, rows } = await move(plainV1);
      const all = tables.map(({ shape }) => rows(shape.name).map((row) => row.map(String)));
      return createHash("sha256").update(JSON.stringify(all)).digest("hex");
    };
    expect(await digest()).toBe(await digest());
  });

  it("reads 64-bit integers, reals, NUL, invalid UTF-8, Infinity and blobs of a mended dump exactly", async () => {
    const schema = `${referenceSchema}\nCREATE TABLE kinds (a INTEGER, b REAL, c TEXT, d TEXT, e REAL, f BLOB, g);`;
    const dump = `${writeDump(plainV1)}CREATE TABLE kinds (a INTEGER, b REAL, c TEXT, d TEXT, e REAL, f BLOB, g);
INSERT INTO "kinds" VALUES(9223372036854775807,3.0,CAST(X'610062' AS TEXT),CAST(X'61FF' AS TEXT),9e999,X'00FF',3.0);
INSERT INTO "kinds" VALUES(-9007199254740993,0.1,'one
two','\\n',-9e999,X'',3);
`;
    const { rows, told } = await move(dump, {}, schema);
    expect(told).toEqual([]);
    expect(rows("kinds")).toEqual([
      [
        9223372036854775807n,
        3,
        new RawText(Buffer.from("a\0b")),
        new RawText(Buffer.from([0x61, 0xff])),
        Infinity,
        Buffer.from([0, 255]),
        3,
      ],
      [-9007199254740993n, 0.1, "one\ntwo", "\\n", -Infinity, Buffer.alloc(0), 3n],
    ]);
  });

  it("gives the rows v2's affinity, as v2 will store them", async () => {
    const schema = referenceSchema.replace(
      "position INTEGER NOT NULL DEFAULT 0,\n  created_at TEXT NOT NULL DEFAULT (datetime('now'))\n);\n\nCREATE TABLE records",
      "position TEXT,\n  created_at TEXT NOT NULL DEFAULT (datetime('now'))\n);\n\nCREATE TABLE records",
    );
    expect((await move(plainV1, {}, schema)).rows("fields", "position")).toEqual([["0"]]);
  });

  it("tells where each table stands in the scratch file, parents first, with v1's beside", async () => {
    const { scratchFile, counts } = await move(plainV1);
    const scratch = Scratch.open(scratchFile, { readOnly: true });
    const tables = listTransformedTables(scratch);
    expect(tables.map(({ source, rows }) => [source, rows])).toEqual([
      ["users", 2],
      ["workspaces", 2],
      ["workspace_members", 2],
      ["bases", 2],
      ["tables", 2],
      ["fields", 1],
      ["records", 2],
    ]);
    expect(
      listSourceTables(scratch).map(({ shape, source }) => [shape.name, source]),
    ).toContainEqual(["records", "v1.records"]);
    expect([...scratch.rows('SELECT id FROM "v1.records"')]).toEqual([["r1"], ["r2"]]);
    scratch.close();
    expect(counts).toContainEqual({ table: "workspaces", source: 0, made: 2, rows: 2 });
  });

  it("lives with hostile names: quotes, keywords, blanks, other alphabets, rowid", async () => {
    const table = `CREATE TABLE "sel""ect '-- ünï" ("order" TEXT PRIMARY KEY, "a""b" TEXT, "rowid" TEXT, "группа, (" TEXT)`;
    const v1: MadeV1 = {
      ...plainV1,
      [`sel"ect '-- ünï`]: {
        sql: table,
        rows: [
          ["1", "it's", "r", "я"],
          ["2", null, null, null],
        ],
      },
    };
    const { scratchFile, told } = await move(
      v1,
      {},
      `${referenceSchema}${table.replace("PRIMARY KEY", "PRIMARY KEY CHECK (\"order\" <> ')')")};`,
    );
    expect(told).toEqual([]);
    const scratch = Scratch.open(scratchFile, { readOnly: true });
    const found = listTransformedTables(scratch).find(({ source }) => source.startsWith("sel"));
    expect(found?.orderBy).toBe("_rowid_");
    expect([
      ...scratch.rows(`SELECT * FROM "sel""ect '-- ünï" ORDER BY ${found?.orderBy}`),
    ]).toEqual([
      ["1", "it's", "r", "я"],
      ["2", null, null, null],
    ]);
    scratch.close();
  });
});

describe("dumps and schemas that are not this product's", () => {
  it("names what is missing and what is there", async () => {
    const failure = await thrown(
      move({ orders: { sql: "CREATE TABLE orders (id TEXT)", rows: [["o"]] } }),
    );
    expect(failure.exitCode).toBe(3);
    expect(failure.problems.map(({ what }) => what)).toEqual([
      "v1 has no table users",
      "v1 has no table tables",
      "v1 has no table records",
    ]);
    expect(failure.problems[0]?.where).toBe("tables there: orders");
  });

  it("says so when v2 has no workspaces yet, or its schema is no SQL", async () => {
    const failure = await thrown(move(plainV1, {}, "CREATE TABLE users (id TEXT);"));
    expect(failure.problems.map(({ what }) => what)).toContain("v2 has no table workspaces");
    expect((await thrown(move(plainV1, {}, "CREATE TABLE users (id TEXT,,);"))).message).toBe(
      "v2's schema cannot be read",
    );
  });

  it("runs nothing of a schema but its tables and indexes", async () => {
    const schema = `${referenceSchema}\nCREATE TRIGGER shout AFTER INSERT ON users BEGIN DELETE FROM users; END;\nDELETE FROM users;\nCREATE VIEW nobody AS SELECT 1;`;
    const { rows, warnings } = await move(plainV1, {}, schema);
    expect(rows("users", "id")).toHaveLength(2);
    expect(warnings.map(({ what }) => what)).toEqual([
      "v2's trigger shout on users runs while rows are inserted",
    ]);
  });
});
