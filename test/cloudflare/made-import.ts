import { type Cell, textCell } from "../../scripts/cloudflare/cell.ts";
import { quoteIdentifier } from "../../scripts/cloudflare/identifier.ts";
import { type ImportTable, listWrittenColumns } from "../../scripts/cloudflare/import-table.ts";
import { readShapes } from "../../scripts/cloudflare/read-shape.ts";
import { Scratch } from "../../scripts/cloudflare/scratch.ts";
import { hazardousCells } from "./made-cells.ts";

/** A v2 with each kind of table that an import has to treat in its own way. */
export const importSchema = [
  `CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT NOT NULL, data TEXT, age INTEGER,
    shout TEXT GENERATED ALWAYS AS (upper(name)) STORED)`,
  `CREATE TABLE "odd ""name""" ("the key" INTEGER, "select" TEXT, anything, PRIMARY KEY ("the key", "select")) WITHOUT ROWID`,
  `CREATE TABLE folders (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES folders (id), owner TEXT NOT NULL REFERENCES people (id)) STRICT`,
  `CREATE TABLE chickens (id TEXT PRIMARY KEY, egg TEXT NOT NULL REFERENCES eggs (id))`,
  `CREATE TABLE eggs (id TEXT PRIMARY KEY, chicken TEXT NOT NULL REFERENCES chickens (id))`,
  `CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT)`,
  `CREATE TABLE counters (id INTEGER PRIMARY KEY AUTOINCREMENT)`,
  `CREATE TABLE cells (id INTEGER PRIMARY KEY, cell, other, third)`,
  `CREATE TABLE blanks (id TEXT PRIMARY KEY)`,
];

const text = (length: number): string => `{"a": "it's ✓ 😀"},\n`.repeat(length / 18 + 1);

/** Values that do not fit into one statement. */
export const longCells: readonly (readonly [Cell, Cell, Cell])[] = [
  [text(600_000), "short", null],
  [Buffer.alloc(300_000, Buffer.from("00ff27410a", "hex")), 1n, 2.5],
  [textCell(Buffer.from(`${text(150_000)}\0after`)), Buffer.alloc(0), ""],
  [text(50_000), text(60_000), Buffer.alloc(70_000, 7)],
  ["'".repeat(90_000), "BEGIN TRANSACTION;".repeat(8000), "😀".repeat(40_000)],
  [text(1_400_000), null, null],
];

function fill(scratch: Scratch, table: string, rows: readonly (readonly Cell[])[]): void {
  const count = rows[0]?.length ?? 0;
  const columns = listWrittenColumns(shapeOf(scratch, table)).map(quoteIdentifier).slice(0, count);
  for (const row of rows) {
    const values = row.map((cell) =>
      cell !== null && typeof cell === "object" && "bytes" in cell ? "CAST(? AS TEXT)" : "?",
    );
    scratch.run(
      `INSERT INTO ${quoteIdentifier(table)} (${columns.join(", ")}) VALUES (${values.join(", ")})`,
      ...row,
    );
  }
}

const shapeOf = (scratch: Scratch, table: string): ImportTable["shape"] => {
  const shape = readShapes(scratch).find(({ name }) => name === table);
  if (shape === undefined) throw new Error(`there is no table ${table}`);
  return shape;
};

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** A scratch file with rows for each table of the schema. */
export function fillScratch(file: string, people = 2000): Scratch {
  const scratch = Scratch.open(file);
  for (const sql of importSchema) scratch.exec(sql);
  scratch.exec("BEGIN");
  fill(
    scratch,
    "people",
    range(people).map((at) => [
      `p${at}`,
      `Person ${at}`,
      JSON.stringify({ at, lines: "a\nb" }, undefined, 2),
      BigInt(at),
    ]),
  );
  fill(
    scratch,
    'odd "name"',
    range(50).map((at) => [BigInt(at), "it's", at / 3]),
  );
  fill(
    scratch,
    "folders",
    range(500).map((at) => [BigInt(at + 1), at === 0 ? null : BigInt(at), `p${at}`]),
  );
  fill(
    scratch,
    "chickens",
    range(300).map((at) => [`c${at}`, `e${299 - at}`]),
  );
  fill(
    scratch,
    "eggs",
    range(300).map((at) => [`e${at}`, `c${299 - at}`]),
  );
  fill(
    scratch,
    "events",
    range(20).map((at) => [BigInt(at * 3 + 1), `event ${at}`]),
  );
  fill(
    scratch,
    "cells",
    [...Object.values(hazardousCells).map((cell) => [cell, "", null] as const), ...longCells].map(
      (cells, at) => [BigInt(at), ...cells],
    ),
  );
  scratch.exec("COMMIT");
  return scratch;
}

/** The tables in the order of an import. */
export function listImportTables(scratch: Scratch): ImportTable[] {
  const sequences: Readonly<Record<string, bigint>> = { events: 40n, counters: 7n };
  return readShapes(scratch).map((shape) => ({
    shape,
    table: shape.name,
    orderBy: (shape.withoutRowid ? shape.primaryKey.map(quoteIdentifier) : ["rowid"]).join(", "),
    rows: scratch.count(`SELECT count(*) FROM ${quoteIdentifier(shape.name)}`),
    cyclic: shape.name === "chickens" || shape.name === "eggs",
    sequence: sequences[shape.name],
  }));
}
