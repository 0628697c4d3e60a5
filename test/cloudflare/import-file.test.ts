import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { D1Database } from "../../scripts/cloudflare/d1-database.ts";
import { quoteIdentifier } from "../../scripts/cloudflare/identifier.ts";
import { buildDeletes } from "../../scripts/cloudflare/import-deletes.ts";
import { writeImportFiles } from "../../scripts/cloudflare/import-file.ts";
import {
  buildClaim,
  buildLedgerBegin,
  readLedger,
} from "../../scripts/cloudflare/import-ledger.ts";
import {
  countPartRows,
  hashImportManifest,
  type ImportManifest,
} from "../../scripts/cloudflare/import-manifest.ts";
import type { ImportTable } from "../../scripts/cloudflare/import-table.ts";
import { Scratch } from "../../scripts/cloudflare/scratch.ts";
import { Failure } from "../../scripts/engine/failure.ts";
import { catchError, LocalD1 } from "./local-d1.ts";
import { openForReading, openLocalFile, readCells } from "./local-file.ts";
import { fillScratch, importSchema, listImportTables } from "./made-import.ts";

const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");
const claimant = { run: "20261121-1", holder: "ada@host", started: "2026-11-21T02:00:00.000Z" };

describe("import files", () => {
  const d1 = new LocalD1();
  const folder = join(d1.folder, "import");
  const scratchFile = join(d1.folder, "scratch.sqlite");
  const scratch = fillScratch(scratchFile);
  const tables = listImportTables(scratch);
  let manifest: ImportManifest;
  const readPart = (at: number): string =>
    readFileSync(join(folder, manifest.parts[at]?.file ?? ""), "utf8");
  const listFiles = (): string[] => readdirSync(folder).sort();

  beforeAll(async () => {
    const source = { dump: sha256("a dump") };
    manifest = await writeImportFiles({ scratch, tables, folder, source, partBytes: 20_000 });
  });
  afterAll(() => {
    scratch.close();
    d1.remove();
  });

  it("are named by their order, readable by their owner only, with nothing unfinished beside them", () => {
    expect(manifest.parts.length).toBeGreaterThan(10);
    expect(listFiles()).toEqual(["manifest.json", ...manifest.parts.map(({ file }) => file)]);
    for (const file of listFiles()) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it("hold every row once, and say so", () => {
    expect(manifest.tables).toEqual(
      Object.fromEntries(tables.map(({ shape, rows }) => [shape.name, rows])),
    );
  });

  it("begin with deferred foreign keys and end with their marker, which holds the hash of all before it", () => {
    for (const [at, part] of manifest.parts.entries()) {
      const text = readPart(at);
      const line = `INSERT INTO "movebook_parts" ("part","sha256","rows") VALUES (${at + 1},'${part.marker}',${countPartRows(part)});\n`;
      expect(text.startsWith("PRAGMA defer_foreign_keys=TRUE;\n")).toBe(true);
      expect(text.endsWith(line)).toBe(true);
      expect(sha256(text.slice(0, -line.length))).toBe(part.marker);
      expect({ sha256: sha256(text), bytes: Buffer.byteLength(text) }).toEqual({
        sha256: part.sha256,
        bytes: part.bytes,
      });
    }
  });

  it("stay below the size that was asked for, but for a circle of tables and for one long row", () => {
    const large = manifest.parts.filter(({ bytes }) => bytes > 21_000);
    for (const { rows } of large)
      expect(Object.keys(rows).some((name) => name === "chickens" || name === "cells")).toBe(true);
    const circles = manifest.parts.filter(({ rows }) => "chickens" in rows || "eggs" in rows);
    expect(circles).toHaveLength(1);
  });

  it("name the columns that are stored, not the generated ones", () => {
    expect(readPart(0)).toContain('INSERT INTO "people" ("id","name","data","age") VALUES (');
  });

  it("are the same bytes at every run, and take the place of the files before", async () => {
    const before = listFiles().map((file) => sha256(readFileSync(join(folder, file))));
    writeFileSync(join(folder, "part-9999.sql"), "of an earlier run");
    const source = { dump: sha256("a dump") };
    const again = Scratch.open(scratchFile, { readOnly: true });
    await writeImportFiles({ scratch: again, tables, folder, source, partBytes: 20_000 });
    again.close();
    expect(listFiles().map((file) => sha256(readFileSync(join(folder, file))))).toEqual(before);
  });

  describe("executed by the real wrangler", () => {
    let v2: D1Database;
    const claim = (): ReturnType<typeof buildClaim> => buildClaim(claimant, manifest);
    const importPart = async (at: number): Promise<void> => {
      const file = manifest.parts[at]?.file ?? "";
      await v2.executeFile(join(folder, file), file);
    };
    const readBoth = (table: ImportTable): { v2: unknown; scratch: unknown } => {
      const orderBy = table.shape.primaryKey.map(quoteIdentifier).join(", ");
      const [one, other] = [openLocalFile(d1.stateFolder, v2.id), openForReading(scratchFile)];
      const both = {
        v2: readCells(one, table.shape.name, { orderBy }),
        scratch: readCells(other, table.shape.name, { orderBy }),
      };
      one.close();
      other.close();
      return both;
    };

    beforeAll(async () => {
      manifest = await writeImportFiles({
        scratch,
        tables,
        folder,
        source: {},
        partBytes: 800_000,
      });
      v2 = await d1.create("v2", importSchema.map((sql) => `${sql};\n`).join(""));
    }, 120_000);

    it("need a ledger, that one run claims, and the same run claims again", async () => {
      expect(await readLedger(v2)).toEqual({ kind: "none" });
      await v2.query(buildLedgerBegin(claim()), "Begin");
      await v2.query(buildLedgerBegin(claim()), "Begin again");
      expect(await readLedger(v2)).toEqual({
        kind: "claimed",
        ...claimant,
        manifest: hashImportManifest(manifest),
        expectedParts: manifest.parts.length,
        parts: [],
        piecesLeft: 0,
      });
    }, 120_000);

    it("are refused to a second run, and the ledger tells who holds v2", async () => {
      const other = { ...claim(), run: "another", holder: "bob@host" };
      await catchError(v2.query(buildLedgerBegin(other), "Begin"));
      expect(await readLedger(v2)).toMatchObject({ kind: "claimed", holder: "ada@host" });
    }, 120_000);

    it("bring all rows with their types and bytes, and leave no pieces", async () => {
      for (const at of manifest.parts.keys()) await importPart(at);
      expect(await readLedger(v2)).toMatchObject({
        parts: manifest.parts.map((part) => ({
          part: part.part,
          sha256: part.marker,
          rows: countPartRows(part),
        })),
        piecesLeft: 0,
      });
      for (const table of tables) {
        const both = readBoth(table);
        expect(both.v2, table.shape.name).toEqual(both.scratch);
      }
    }, 240_000);

    it("go in once: a second time changes nothing", async () => {
      await catchError(importPart(0));
      const [rows] = await v2.query("SELECT count(*) AS n FROM people", "Count");
      expect(rows).toEqual([{ n: 2000 }]);
    }, 120_000);

    it("let D1 count on from v1's largest rowid", async () => {
      const sql = "SELECT name, seq FROM sqlite_sequence ORDER BY name";
      const [rows] = await v2.query(sql, "Read sequences");
      // the last event has 58, more than v1's 40
      expect(rows).toEqual([
        { name: "counters", seq: 7 },
        { name: "events", seq: 58 },
      ]);
    }, 120_000);

    it("can be taken back: every table is empty, and the ledger is gone", async () => {
      for (const statements of buildDeletes(tables, 1500)) await v2.query(statements, "Take back");
      const left = openLocalFile(d1.stateFolder, v2.id);
      for (const { shape } of tables) expect(readCells(left, shape.name)).toEqual([]);
      expect(readCells(left, "sqlite_sequence")).toEqual([]);
      left.close();
      expect(await readLedger(v2)).toEqual({ kind: "none" });
    }, 120_000);
  });
});

describe("writing import files", () => {
  const folder = mkdtempSync(join(tmpdir(), "movebook-import-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is refused when a row is larger than D1 can store, with its key in the report only", async () => {
    const scratch = Scratch.open(":memory:");
    scratch.exec("CREATE TABLE records (id TEXT PRIMARY KEY, data TEXT)");
    scratch.exec(
      "INSERT INTO records VALUES ('r-17', printf('%.*c', 2000000, 'x')), ('r-18', 'x')",
    );
    const target = join(folder, "too-large");
    const error = await catchError(
      writeImportFiles({ scratch, tables: listImportTables(scratch), folder: target, source: {} }),
    );
    expect(error).toBeInstanceOf(Failure);
    const { exitCode, problems } = error as Failure;
    expect(exitCode).toBe(3);
    expect(problems.map(({ what, where, rows }) => ({ what, where, rows }))).toEqual([
      {
        what: "a row of records has more than 2000000 bytes",
        where: "records",
        rows: ["records 'r-17': 2000004 bytes"],
      },
    ]);
    expect(() => readdirSync(target)).toThrow("ENOENT");
    scratch.close();
  });

  it("stops when it is told to, and leaves no manifest", async () => {
    const scratch = fillScratch(":memory:", 10);
    const controller = new AbortController();
    const target = join(folder, "stopped");
    const writing = writeImportFiles({
      scratch,
      tables: listImportTables(scratch),
      folder: target,
      source: {},
      signal: controller.signal,
      onProgress: ({ table }) => table === "eggs" && controller.abort(),
    });
    expect(await catchError(writing)).toHaveProperty("name", "AbortError");
    expect(readdirSync(target)).toEqual(["part-0001.sql.partial"]);
    scratch.close();
  });

  it("makes one part with its marker where there are no rows at all", async () => {
    const scratch = Scratch.open(":memory:");
    scratch.exec("CREATE TABLE blanks (id TEXT PRIMARY KEY)");
    const target = join(folder, "empty");
    const tables = listImportTables(scratch);
    const { parts } = await writeImportFiles({ scratch, tables, folder: target, source: {} });
    expect(parts.map(({ file, rows }) => ({ file, rows }))).toEqual([
      { file: "part-0001.sql", rows: {} },
    ]);
    scratch.close();
  });
});
