import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  DumpWalker,
  hashFile,
  indexDump,
  parseCopyHeader,
  readDumpRow,
} from "../../scripts/postgres/dump-file.ts";

const trailer = "--\n-- PostgreSQL database dump complete\n--\n\n";
const dump = [
  "--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n\n",
  'COPY public."Animal" (id, "tenantId", name) FROM stdin;\n',
  "1\t2\tZoë\n2\t2\t\\\\.\n3\t2\t\\N\n\\.\n\n\n",
  "COPY public.empty (a) FROM stdin;\n\\.\n\n\n",
  "COPY other.nocols  FROM stdin;\n\n\n\\.\n\n\n",
  'COPY "odd ""schema"."two\nlines" ("a,b", ")") FROM stdin;\nx\ty\n\\.\n\n\n',
  "SELECT pg_catalog.setval('public.s', 3, true);\n\n",
  trailer,
].join("");

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dump-"));
  file = join(folder, "v1_data.sql");
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (text: string): number => Buffer.byteLength(dump.slice(0, dump.indexOf(text)));

describe("parseCopyHeader", () => {
  it("reads bare and quoted names, and a table without columns", () => {
    expect(
      parseCopyHeader('COPY public."We ""ird, (x)" (id, "a b", "c,)d") FROM stdin;\n'),
    ).toEqual({
      table: { schema: "public", name: 'We "ird, (x)' },
      columns: ["id", "a b", "c,)d"],
    });
    expect(parseCopyHeader("COPY public.none  FROM stdin;\n").columns).toEqual([]);
  });

  it("refuses another statement, and a name without an end", () => {
    expect(() => parseCopyHeader("SET x = 1;")).toThrow("not a COPY statement");
    expect(() => parseCopyHeader("COPY alone (a) FROM stdin;\n")).toThrow("without a schema");
    expect(() => parseCopyHeader('COPY public."open FROM stdin;\n')).toThrow("without an end");
  });
});

describe("indexDump", () => {
  it("says where the rows of each table stand", async () => {
    writeFileSync(file, dump);
    const { sections, bytes, sha256 } = await indexDump(file);
    expect(bytes).toBe(Buffer.byteLength(dump));
    expect(sha256).toBe(await hashFile(file));
    expect(sections.map(({ table, rows }) => [table.schema, table.name, rows])).toEqual([
      ["public", "Animal", 3],
      ["public", "empty", 0],
      ["other", "nocols", 2],
      ['odd "schema', "two\nlines", 1],
    ]);
    const [animal] = sections;
    expect(animal).toMatchObject({
      start: at("1\t2"),
      columns: ["id", "tenantId", "name"],
      line: 8,
    });
    const bytesOf = Buffer.from(dump).subarray(animal?.start, animal?.end).toString();
    expect(bytesOf).toBe("1\t2\tZoë\n2\t2\t\\\\.\n3\t2\t\\N\n");
  });

  it("finds the same wherever the chunks are cut", () => {
    const whole = new DumpWalker();
    whole.push(Buffer.from(dump));
    expect(whole.complete).toBe(true);
    const bytes = Buffer.from(dump);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 40 }),
        (cuts) => {
          const walker = new DumpWalker();
          const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
          for (const [index, from] of places.slice(0, -1).entries())
            walker.push(bytes.subarray(from, places[index + 1]));
          expect(walker.sections).toEqual(whole.sections);
          expect([walker.complete, walker.isInside]).toEqual([true, false]);
        },
      ),
    );
  });

  it("refuses a dump that was cut anywhere", async () => {
    const end = dump.indexOf("-- PostgreSQL database dump complete");
    for (let length = 0; length < end; length += 7) {
      writeFileSync(file, dump.slice(0, length));
      await expect(indexDump(file)).rejects.toThrow("the dump is not complete");
    }
  });
});

describe("readDumpRow", () => {
  it("gives a row by its number, and nothing beyond the last", async () => {
    writeFileSync(file, dump);
    const [animal, empty] = (await indexDump(file)).sections;
    if (animal === undefined || empty === undefined) throw new Error("no sections");
    expect(await readDumpRow(file, animal, 1)).toBe("1\t2\tZoë");
    expect(await readDumpRow(file, animal, 3)).toBe("3\t2\t\\N");
    expect(await readDumpRow(file, animal, 4)).toBeUndefined();
    expect(await readDumpRow(file, empty, 1)).toBeUndefined();
  });
});
