import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { afterAll, describe, expect, it } from "vitest";
import { quoteIdentifier } from "../../scripts/cloudflare/identifier.ts";
import { writeImportStream } from "../../scripts/cloudflare/import-stream.ts";
import { Scratch } from "../../scripts/cloudflare/scratch.ts";
import { catchError, LocalD1 } from "./local-d1.ts";
import { openForReading, openLocalFile, readCells } from "./local-file.ts";
import { fillScratch, importSchema, listImportTables } from "./made-import.ts";

describe("one file for all", () => {
  const d1 = new LocalD1();
  const scratchFile = join(d1.folder, "scratch.sqlite");
  const scratch = fillScratch(scratchFile);
  const tables = listImportTables(scratch);
  const file = join(d1.folder, "v2-import.sql");
  afterAll(() => {
    scratch.close();
    d1.remove();
  });

  it("brings every row into D1 by the real wrangler, and leaves no other table", async () => {
    const output = createWriteStream(file);
    const bytes = await writeImportStream(scratch, tables, output);
    output.end();
    await finished(output);
    expect(readFileSync(file)).toHaveLength(bytes);
    const v2 = await d1.create("v2", importSchema.map((sql) => `${sql};\n`).join(""));
    await v2.executeFile(file, "Import");
    const [one, other] = [openLocalFile(d1.stateFolder, v2.id), openForReading(scratchFile)];
    for (const { shape } of tables) {
      const orderBy = shape.primaryKey.map(quoteIdentifier).join(", ");
      const read = [one, other].map((database) => readCells(database, shape.name, { orderBy }));
      expect(read[0], shape.name).toEqual(read[1]);
    }
    expect(one.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'movebook%'").all()).toEqual(
      [],
    );
    one.close();
    other.close();
  }, 120_000);

  it("speaks of pieces only where there are any", async () => {
    const small = Scratch.open(":memory:");
    small.exec("CREATE TABLE users (id TEXT PRIMARY KEY)");
    small.exec("INSERT INTO users VALUES ('a'), ('b')");
    const output = new PassThrough();
    await writeImportStream(small, listImportTables(small), output);
    expect(String(output.read())).toBe(
      `PRAGMA defer_foreign_keys=TRUE;\nINSERT INTO "users" ("id") VALUES ('a'),('b');\n`,
    );
    expect(readFileSync(file, "utf8")).toContain("\n-- values too long for one statement");
    small.close();
  });

  it("waits for a slow reader instead of filling memory", async () => {
    let waiting = 0;
    let most = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _, done) {
        waiting += 1;
        most = Math.max(most, waiting, slow.writableLength / chunk.length);
        setImmediate(() => {
          waiting -= 1;
          done();
        });
      },
    });
    await writeImportStream(scratch, tables.slice(0, 3), slow);
    expect(most).toBe(1);
  });

  it("stops when it is told to, though nobody reads", async () => {
    const controller = new AbortController();
    const stuck = new Writable({ highWaterMark: 1, write: () => controller.abort() });
    const writing = writeImportStream(scratch, tables, stuck, { signal: controller.signal });
    expect(await catchError(writing)).toHaveProperty("name", "AbortError");
  });
});
