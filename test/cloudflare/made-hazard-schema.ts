import type { Cell } from "../../scripts/cloudflare/cell.ts";

/** A table of v1 whose shape is the danger: what it holds, read in the order of `orderBy`. */
export interface HazardTable {
  readonly name: string;
  /** CREATE TABLE first. */
  readonly statements: readonly string[];
  readonly orderBy: string;
  /** Stored and computed columns. */
  readonly columns: readonly string[];
  readonly cells: readonly (readonly Cell[])[];
}

/** In this order: the child stands before its parent, as it may in a v1 whose parent was made anew. */
export const hazardTables: readonly HazardTable[] = [
  {
    name: "child",
    statements: [
      "CREATE TABLE child (id TEXT PRIMARY KEY, parent_id TEXT NOT NULL REFERENCES parent (id) ON DELETE CASCADE)",
      "CREATE TABLE parent (id TEXT PRIMARY KEY, child_id TEXT REFERENCES child (id))",
      "INSERT INTO parent VALUES ('p1', NULL), ('p2', NULL)",
      "INSERT INTO child VALUES ('c1', 'p1'), ('c2', 'p2')",
      "UPDATE parent SET child_id = 'c1' WHERE id = 'p1'",
    ],
    orderBy: "id",
    columns: ["id", "parent_id"],
    cells: [
      ["c1", "p1"],
      ["c2", "p2"],
    ],
  },
  {
    name: "parent",
    statements: [],
    orderBy: "id",
    columns: ["id", "child_id"],
    cells: [
      ["p1", "c1"],
      ["p2", null],
    ],
  },
  {
    name: "tree",
    statements: [
      "CREATE TABLE tree (id INTEGER PRIMARY KEY, above INTEGER REFERENCES tree (id))",
      "INSERT INTO tree VALUES (9, NULL), (1, 9), (5, 1), (2, 2)",
    ],
    orderBy: "id",
    columns: ["id", "above"],
    cells: [
      [1n, 9n],
      [2n, 2n],
      [5n, 1n],
      [9n, null],
    ],
  },
  {
    name: "computed",
    statements: [
      `CREATE TABLE computed (
  a INTEGER, twice INTEGER GENERATED ALWAYS AS (a * 2) VIRTUAL, b TEXT,
  upper_b TEXT AS (upper(b)) STORED, c TEXT NOT NULL DEFAULT 'x' -- ends with a comment
)`,
      "INSERT INTO computed (a, b) VALUES (21, 'up'), (NULL, NULL)",
    ],
    orderBy: "a DESC",
    columns: ["a", "twice", "b", "upper_b", "c"],
    cells: [
      [21n, 42n, "up", "UP", "x"],
      [null, null, null, null, "x"],
    ],
  },
  {
    name: `the "order" of 日本's group`,
    statements: [
      `CREATE TABLE "the ""order"" of 日本's group" ("select" TEXT, "a""b" INTEGER, [c d] REAL, \`e;f\` BLOB)`,
      `INSERT INTO "the ""order"" of 日本's group" VALUES ('x;', 1, 2, X'01')`,
    ],
    orderBy: "1",
    columns: ["select", 'a"b', "c d", "e;f"],
    cells: [["x;", 1n, 2, Buffer.from([1])]],
  },
  {
    name: "group",
    statements: [
      `CREATE TABLE "group" (id INTEGER PRIMARY KEY, "index" TEXT)`,
      `INSERT INTO "group" VALUES (-1, 'minus'), (0, 'zero')`,
    ],
    orderBy: "id",
    columns: ["id", "index"],
    cells: [
      [-1n, "minus"],
      [0n, "zero"],
    ],
  },
  {
    name: "keyed",
    statements: [
      "CREATE TABLE keyed (a TEXT, b INTEGER, c TEXT, PRIMARY KEY (b DESC, a)) WITHOUT ROWID",
      "INSERT INTO keyed VALUES ('x', 1, 'one'), ('a', 2, NULL), ('b', 2, 'two')",
    ],
    orderBy: "a",
    columns: ["a", "b", "c"],
    cells: [
      ["a", 2n, null],
      ["b", 2n, "two"],
      ["x", 1n, "one"],
    ],
  },
  {
    name: "exact",
    statements: [
      "CREATE TABLE exact (id INTEGER PRIMARY KEY, i INT, r REAL, t TEXT, b BLOB, a ANY) STRICT",
      "INSERT INTO exact VALUES (1, 9223372036854775807, 3, '3', X'33', 3.0), (2, NULL, 9e999, '', X'', '3')",
    ],
    orderBy: "id",
    columns: ["id", "i", "r", "t", "b", "a"],
    cells: [
      [1n, 9223372036854775807n, 3, "3", Buffer.from("3"), 3],
      [2n, null, Infinity, "", Buffer.alloc(0), "3"],
    ],
  },
  {
    name: "counted",
    statements: [
      "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT)",
      "INSERT INTO counted VALUES (3, 'three'), (70, 'seventy'), (100, 'gone')",
      "DELETE FROM counted WHERE id = 100",
    ],
    orderBy: "id",
    columns: ["id", "x"],
    cells: [
      [3n, "three"],
      [70n, "seventy"],
    ],
  },
  {
    name: "affinities",
    statements: [
      "CREATE TABLE affinities (id INTEGER PRIMARY KEY, n NUMERIC, t TEXT, r REAL, v VARCHAR(9), d DATETIME, x)",
      "INSERT INTO affinities VALUES (1, 3.0, 3, 3, 3.5, '2024-01-01', '1'), (2, 'x', 1e3, 1, NULL, 1704067200, 1.0)",
    ],
    orderBy: "id",
    columns: ["id", "n", "t", "r", "v", "d", "x"],
    cells: [
      [1n, 3n, "3", 3, "3.5", "2024-01-01", "1"],
      [2n, "x", "1000.0", 1, null, 1704067200n, 1],
    ],
  },
  {
    name: "empty",
    statements: ["CREATE TABLE empty (id INTEGER PRIMARY KEY)"],
    orderBy: "id",
    columns: ["id"],
    cells: [],
  },
];

/** Where the sequence of `counted` stands: above its greatest id. */
export const sequenceOfCounted = 100n;

/** What else D1 dumps: indexes of all kinds, triggers with CASE and `end;`, a view, and a trigger on that view. */
export const hazardObjects: readonly string[] = [
  "CREATE UNIQUE INDEX tree_part ON tree (above, id) WHERE above IS NOT NULL",
  "CREATE INDEX computed_expression ON computed (lower(b), a DESC)",
  "CREATE TABLE changes (what TEXT, at TEXT DEFAULT CURRENT_TIMESTAMP)",
  `CREATE TRIGGER counted_changes AFTER UPDATE ON counted WHEN new.x <> old.x BEGIN
  INSERT INTO changes (what) VALUES (CASE WHEN new.x = '' THEN 'emptied; so' ELSE 'changed' END);
  INSERT INTO changes (what) SELECT 'again' WHERE 1 = 1;
end`,
  "CREATE VIEW a_view AS SELECT id, x FROM counted WHERE x LIKE '%e%'",
  `CREATE TRIGGER a_view_insert INSTEAD OF INSERT ON a_view BEGIN
  INSERT INTO counted (x) VALUES (new.x);
END`,
  "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
  "INSERT INTO d1_migrations VALUES (1, '0001_init.sql', '2024-01-01 00:00:00')",
];

/** Tables of the schema and all else, as statements that D1 takes. */
export const hazardSchemaStatements: readonly string[] = [
  ...hazardTables.flatMap(({ statements }) => statements),
  ...hazardObjects,
];
