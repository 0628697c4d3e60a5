import { describe, expect, it } from "vitest";
import { quoteIdentifier } from "../../scripts/cloudflare/identifier.ts";
import { buildDeletes } from "../../scripts/cloudflare/import-deletes.ts";
import {
  buildLedgerBegin,
  buildLedgerDrop,
  buildMarker,
  ledgerTables,
  readLedger,
} from "../../scripts/cloudflare/import-ledger.ts";
import type { D1Database, Row } from "../../scripts/cloudflare/d1-database.ts";
import { Scratch } from "../../scripts/cloudflare/scratch.ts";
import { fillScratch, listImportTables } from "./made-import.ts";

/** A database that answers as part of the interface that the ledger uses. */
function openReadable(): { scratch: Scratch; database: Pick<D1Database, "query"> } {
  const scratch = Scratch.open(":memory:");
  const ask = (sql: string): Row[] => {
    const names =
      /SELECT (.*) FROM/
        .exec(sql)?.[1]
        ?.split(", ")
        .map((name) => name.replace(/^.* AS /, "").replaceAll('"', "")) ?? [];
    return Array.from(scratch.rows(sql), (cells) =>
      Object.fromEntries(
        cells.map((cell, at) => [names[at] ?? "", typeof cell === "bigint" ? Number(cell) : cell]),
      ),
    );
  };
  const query = async (sql: string | readonly string[]): Promise<Row[][]> =>
    Promise.resolve((typeof sql === "string" ? [sql] : sql).map(ask));
  return { scratch, database: { query } };
}

const claim = { run: "1", manifest: "abc", parts: 3, holder: "ada@host", started: "2026-11-21" };

describe("the ledger of an import", () => {
  it("is made with its claim, filled by markers, and dropped", async () => {
    const { scratch, database } = openReadable();
    expect(await readLedger(database)).toEqual({ kind: "none" });
    for (const sql of buildLedgerBegin(claim)) scratch.exec(sql);
    scratch.exec(buildMarker({ part: 1, sha256: "f00", rows: 17 }));
    expect(await readLedger(database)).toEqual({
      kind: "claimed",
      run: "1",
      manifest: "abc",
      holder: "ada@host",
      started: "2026-11-21",
      expectedParts: 3,
      parts: [{ part: 1, sha256: "f00", rows: 17 }],
      piecesLeft: 0,
    });
    for (const sql of buildLedgerDrop()) scratch.exec(sql);
    expect(await readLedger(database)).toEqual({ kind: "none" });
  });

  it("tells of pieces that were left behind", async () => {
    const { scratch, database } = openReadable();
    for (const sql of buildLedgerBegin(claim)) scratch.exec(sql);
    scratch.exec("INSERT INTO movebook_pieces VALUES (1, 1, 'x'), (1, 2, 'y')");
    expect(await readLedger(database)).toMatchObject({ piecesLeft: 2 });
  });

  it("takes no markers over from a ledger whose claim is gone", async () => {
    const { scratch, database } = openReadable();
    for (const sql of buildLedgerBegin(claim)) scratch.exec(sql);
    scratch.exec(buildMarker({ part: 1, sha256: "f00", rows: 17 }));
    scratch.exec("DROP TABLE movebook_import");
    expect(await readLedger(database)).toEqual({ kind: "none" });
    for (const sql of buildLedgerBegin(claim)) scratch.exec(sql);
    expect(await readLedger(database)).toMatchObject({ kind: "claimed", parts: [] });
  });

  it("is refused when other import files than the claimed ones shall go in", () => {
    const { scratch } = openReadable();
    for (const sql of buildLedgerBegin(claim)) scratch.exec(sql);
    const begin = buildLedgerBegin({ ...claim, manifest: "def" });
    expect(() => {
      for (const sql of begin) scratch.exec(sql);
    }).toThrow("UNIQUE constraint failed");
  });

  it("is not taken for ours when its tables hold something else", async () => {
    const { scratch, database } = openReadable();
    for (const table of ledgerTables)
      scratch.exec(
        `CREATE TABLE ${table} (run, manifest, parts, holder, started, part, sha256, "rows")`,
      );
    scratch.exec("INSERT INTO movebook_import (run) VALUES (1)");
    await expect(readLedger(database)).rejects.toThrow("that movebook did not write");
  });

  it("is not taken for ours when a table of it is missing", async () => {
    const { scratch, database } = openReadable();
    scratch.exec("CREATE TABLE movebook_import (run)");
    await expect(readLedger(database)).rejects.toThrow("incomplete");
  });
});

describe("taking an import back", () => {
  const scratch = fillScratch(":memory:", 100);
  const tables = listImportTables(scratch);

  it("empties children before parents, a circle in one call, and drops the ledger last", () => {
    expect(buildDeletes(tables.slice(0, 5))).toEqual([
      [
        "PRAGMA defer_foreign_keys=TRUE",
        'DELETE FROM "eggs"',
        'DELETE FROM "chickens"',
        'DELETE FROM "folders"',
        'DELETE FROM "odd ""name"""',
        'DELETE FROM "people"',
      ],
      ["movebook_pieces", "movebook_parts", "movebook_import"].map(
        (table) => `DROP TABLE IF EXISTS "${table}"`,
      ),
    ]);
  });

  it("takes large tables in chunks, by rowid or by primary key, but not one that refers to itself", () => {
    const calls = buildDeletes(tables.slice(0, 3), 40);
    expect(calls.flat()).toEqual([
      'DELETE FROM "folders"',
      'DELETE FROM "odd ""name""" WHERE ("the key","select") IN (SELECT "the key","select" FROM "odd ""name""" LIMIT 40)',
      'DELETE FROM "odd ""name"""',
      'DELETE FROM "people" WHERE (rowid) IN (SELECT rowid FROM "people" LIMIT 40)',
      'DELETE FROM "people" WHERE (rowid) IN (SELECT rowid FROM "people" LIMIT 40)',
      'DELETE FROM "people"',
      ...buildLedgerDrop(),
    ]);
  });

  it("leaves every table empty, with foreign keys enforced", () => {
    scratch.exec("PRAGMA foreign_keys = ON");
    for (const call of buildDeletes(tables, 40)) {
      scratch.exec("BEGIN");
      for (const sql of call) scratch.exec(sql);
      scratch.exec("COMMIT");
    }
    for (const { shape } of tables)
      expect(scratch.count(`SELECT count(*) FROM ${quoteIdentifier(shape.name)}`)).toBe(0);
    expect(scratch.count("SELECT count(*) FROM sqlite_sequence")).toBe(0);
  });
});
