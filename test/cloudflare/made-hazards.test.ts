import { readFile } from "node:fs/promises";
import { join } from "node:path";
import Libsql from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { getPlatformProxy } from "wrangler";
import { areCellsEqual, RawText } from "../../scripts/cloudflare/cell.ts";
import { FakeD1 } from "./fake-d1.ts";
import { openLocalFile, readCells } from "./local-file.ts";
import { hazardRows, hazardStatements } from "./made-hazards.ts";
import { hazardSchemaStatements, hazardTables, sequenceOfCounted } from "./made-hazard-schema.ts";
import { type LocalProject, makeLocalProject } from "./real-wrangler.ts";

const v1 = { name: "v1", id: "0f0e0d0c-0000-4000-8000-00000000000c" };

/** As much of a D1 binding as is used here. */
interface D1Binding {
  readonly prepare: (sql: string) => unknown;
  readonly batch: (statements: readonly unknown[]) => Promise<unknown>;
}

let project: LocalProject;
let database: Libsql.Database;
let dump = "";
/** By D1's own binding: wrangler would cut the text with a transaction in it, and the trigger. */
beforeAll(async () => {
  project = await makeLocalProject([v1]);
  const { env, dispose } = await getPlatformProxy<{ v1: D1Binding }>({
    configPath: join(project.folder, "wrangler.json"),
    persist: { path: join(project.stateFolder, "v3") },
  });
  const statements = [...hazardStatements, ...hazardSchemaStatements];
  await env.v1.batch(statements.map((sql) => env.v1.prepare(sql)));
  await dispose();
  await project.run(["d1", "export", v1.name, "--local", "--output", "dump.sql"]);
  dump = await readFile(join(project.folder, "dump.sql"), "utf8");
  database = openLocalFile(project.stateFolder, v1.id);
});
afterAll(async () => {
  database.close();
  await project.remove();
});

/** What a plain SQLite makes of the dump's line for a row; undefined: it cannot read it. */
function readDumped(id: number, why: string): unknown {
  const start = dump.indexOf(`INSERT INTO "hazards" VALUES(${id},'${why.replaceAll("'", "''")}',`);
  const end = dump.indexOf(`\nINSERT INTO "hazards" VALUES(${id + 1},`, start);
  const line = dump.slice(start, end === -1 ? dump.indexOf("\nCREATE", start) : end);
  const memory = new Libsql(":memory:");
  memory.defaultSafeIntegers(true);
  try {
    memory.exec("CREATE TABLE hazards (id INTEGER PRIMARY KEY, why TEXT NOT NULL, value)");
    memory.exec(line);
    return readCells(memory, "hazards", { columns: ["value"] })[0]?.[0];
  } catch {
    return undefined;
  } finally {
    memory.close();
  }
}

const holdsNul = (cell: unknown): boolean => cell instanceof RawText && cell.bytes.includes(0);

describe("the made hazards", () => {
  it("are taken by D1 and stored as they say", () => {
    const stored = readCells(database, "hazards", { columns: ["value"], orderBy: "id" });
    for (const [index, { why, cell }] of hazardRows.entries())
      expect([why, areCellsEqual(stored[index]?.[0] ?? null, cell)]).toEqual([why, true]);
    expect(stored).toHaveLength(hazardRows.length);
  });

  it("say which of them a dump of wrangler loses", () => {
    // A raw NUL stands in the dump whole, where a plain SQLite stops reading.
    for (const { id, why, lost, cell } of hazardRows.filter((row) => !holdsNul(row.cell))) {
      const read = readDumped(id, why);
      const isLost = read === undefined || !areCellsEqual(read as never, cell);
      expect([why, isLost]).toEqual([why, lost]);
    }
  });

  it.each(hazardTables.map((table) => [table.name, table] as const))(
    "hold the table %s, cell by cell",
    (name, { columns, orderBy, cells }) => {
      expect(readCells(database, name, { columns: [...columns], orderBy })).toEqual(cells);
    },
  );

  it("leave the sequence above the greatest id", () => {
    const rows = readCells(database, "sqlite_sequence", { columns: ["name", "seq"] });
    expect(rows).toContainEqual(["counted", sequenceOfCounted]);
  });

  it("are dumped by the fake, byte for byte, as by the local D1", () => {
    const fake = new FakeD1(project.folder, { name: "fake", id: "fake" });
    fake.apply([...hazardStatements, ...hazardSchemaStatements]);
    const options = { noData: false, noSchema: false, tables: [], columnLists: false };
    const lines = fake.dump(options).split("\n");
    fake.close();
    const isSame = dump.split("\n").map((line, index) => [index, line === lines[index]]);
    expect(isSame.filter(([, same]) => same !== true)).toEqual([]);
    expect(lines).toHaveLength(isSame.length);
  });

  it("are answered by the fake's queries as by the local D1", async () => {
    const sql = "SELECT id, value FROM hazards WHERE id < 70 ORDER BY id";
    const fake = new FakeD1(project.folder, { name: "fake", id: "fake-query" });
    fake.apply(hazardStatements);
    const answered = JSON.stringify(fake.query(sql)[0]?.results);
    fake.close();
    const command = ["d1", "execute", v1.name, "--local", "--json", "--command", sql];
    const [{ results }] = JSON.parse((await project.run(command)).stdout);
    // wrangler writes the bytes of a local blob as a text
    const unwritten = results.map(({ id, value }: { id: number; value: unknown }) => ({
      id,
      value: typeof value === "string" && /^\[[\d, ]*\]$/.test(value) ? JSON.parse(value) : value,
    }));
    expect(JSON.parse(answered)).toEqual(unwritten);
  });
});
