import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { listNamedRoles, readDump } from "./dump-text.ts";

const folder = mkdtempSync(join(tmpdir(), "movebook-dump-text-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const write = (content: string | Buffer, ending = "sql"): string => {
  files += 1;
  const file = join(folder, `${files}.${ending}`);
  writeFileSync(file, content);
  return file;
};

const dump = `\\restrict 4fZ
SET transaction_timeout = 0;
SET lock_timeout = 0;
CREATE DATABASE shop WITH TEMPLATE = template0;
ALTER DATABASE shop OWNER TO boss;
\\connect shop
CREATE ROLE made;
ALTER TABLE public.t OWNER TO "Shop Owner";
GRANT SELECT ON TABLE public.t TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE chief IN SCHEMA public GRANT SELECT ON TABLES TO made;
CREATE POLICY p ON public.t TO clerk USING (true);
COPY public.t (a) FROM stdin;
\\connect other
ALTER TABLE x OWNER TO nobody_at_all;
\\.
\\unrestrict 4fZ
`;

describe("a dump on its way to psql", () => {
  it("loses what asks for another database or a newer program, and nothing of its rows", async () => {
    const text = (await buffer(readDump(write(dump)))).toString();
    expect(text).not.toMatch(/restrict|transaction_timeout|DATABASE|^\\connect shop/m);
    expect(text).toContain("SET lock_timeout = 0;\n");
    expect(text).toContain("\n\\connect other\nALTER TABLE x OWNER TO nobody_at_all;\n\\.\n");
  });

  it("keeps every byte, in plain and in gzipped files", async () => {
    const bytes = Buffer.concat([
      Buffer.from("insert into t values ('"),
      Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)),
      Buffer.from("', 'a\r\nb\rc', 'Zoë – 日本 \u2028');\n"),
    ]);
    expect((await buffer(readDump(write(bytes)))).equals(bytes)).toBe(true);
    expect((await buffer(readDump(write(gzipSync(bytes), "sql.gz")))).equals(bytes)).toBe(true);
  });

  it("names the roles that must be there before, not those that it makes or holds in rows", async () => {
    expect((await listNamedRoles(write(dump))).toSorted()).toEqual([
      "Shop Owner",
      "boss",
      "chief",
      "clerk",
      "reader",
    ]);
  });

  it("fails when the file is not what its name says", async () => {
    await expect(buffer(readDump(write("plain text", "sql.gz")))).rejects.toThrow(/header/);
  });
});
