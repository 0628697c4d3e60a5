import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSchemaDump, SchemaDumpFile } from "../../scripts/postgres/schema-dump-file.ts";
import { compareSchemaDumps, parseSchemaDump } from "../../scripts/postgres/schema-dump-text.ts";
import {
  buildSchemaDumpCommand,
  describeLeftOut,
  joinScopes,
  type SchemaDumpScope,
} from "../../scripts/postgres/schema-dump.ts";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";

const scope: SchemaDumpScope = {
  closedSchemas: [],
  lockedTables: [],
  goingTables: [],
  onlySchemas: null,
};
const entry = (name: string, type: string, text: string): string =>
  `--\n-- Name: ${name}; Type: ${type}; Schema: public; Owner: app\n--\n\n${text}\n\n\n`;
const dump = (entries: string, version = "15.18 (Debian)"): string =>
  `--\n-- PostgreSQL database dump\n--\n\n\\restrict abc123\n\n-- Dumped from database version 15.18\n-- Dumped by pg_dump version ${version}\n\nSET row_security = off;\n\n${entries}--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc123\n\n`;
const animal = entry("animal", "TABLE", "CREATE TABLE public.animal (\n    id integer\n);");
const key = (table: string): string =>
  entry("owner", "FK CONSTRAINT", `ALTER TABLE ONLY public.${table}\n    ADD CONSTRAINT owner;`);

/** What a file holds of what pg_dump printed, after its first line. */
function keep(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "movebook-dump-")), "schema.sql");
  const file = new SchemaDumpFile(path, scope);
  try {
    for (const line of text.split("\n").slice(0, -1)) file.take(line);
    file.keep();
  } finally {
    file.close();
    expect(readdirSync(join(path, "..")).filter((name) => name.includes("partial"))).toEqual([]);
  }
  return readSchemaDump(readFileSync(path, "utf8")).text;
}
const compare = (before: string, after: string) =>
  compareSchemaDumps(parseSchemaDump(keep(before)), parseSchemaDump(keep(after)));

describe("the file of a schema dump", () => {
  it("is what pg_dump printed, without the lines with the random key", () => {
    const text = dump(animal);
    expect(keep(text)).toBe(text.replace(/^\\.*\n/gm, ""));
  });

  it("keeps lines of a function's text that look like those", () => {
    const text = dump(entry("f()", "FUNCTION", "CREATE FUNCTION f()\n\\restrict other\n\\.\n"));
    expect(keep(text)).toContain("\n\\restrict other\n\\.\n");
  });

  it("keeps carriage returns and other bytes as they are", () => {
    const text = dump(entry("f()", "FUNCTION", "AS $$ a\r\n\tñ\u2028 $$;"));
    expect(keep(text)).toContain("AS $$ a\r\n\tñ\u2028 $$;\n");
  });

  it.each([
    ["on many lines", "OPTIONS (\n    password 'very''hush;\n--\nhush',\n    \"us;er\" 'bob'\n);"],
    ["with a backslash", "OPTIONS (\n    password E'hush\\\\'\n);"],
    ["of an odd role", "OPTIONS (\n    password 'hush'\n);", `"o'brien ;"`],
  ])("holds no password of a user mapping: %s", (_, options, role = "app") => {
    const mapping = `CREATE USER MAPPING FOR ${role} SERVER far ${options}`;
    const kept = keep(
      dump(entry(`USER MAPPING ${role} SERVER far`, "USER MAPPING", mapping) + animal),
    );
    expect(kept).not.toContain("hush");
    expect(kept).toContain(`CREATE USER MAPPING FOR ${role} SERVER far OPTIONS (kept out`);
    expect(kept).toContain(animal);
  });

  it("goes on after a user mapping without options", () => {
    const mapping = "CREATE USER MAPPING FOR app SERVER far;";
    const text = dump(entry("USER MAPPING app SERVER far", "USER MAPPING", mapping) + animal);
    expect(keep(text)).toBe(text.replace(/^\\.*\n/gm, ""));
  });

  it("is not kept when pg_dump did not come to its end", () => {
    expect(() => keep(dump(animal).replace("dump complete", "dump"))).toThrow("before its dump");
  });

  it("is refused when it was cut or is another file", () => {
    expect(() => readSchemaDump("CREATE TABLE x;\n")).toThrow("no complete schema dump");
    expect(() => readSchemaDump(`-- movebook: schema dump {}\n${animal}`)).toThrow("no complete");
  });
});

describe("two schema dumps", () => {
  it("are identical when only the minor versions differ", () => {
    expect(compare(dump(animal), dump(animal, "15.19"))).toEqual({
      isIdentical: true,
      differences: [],
    });
    expect(parseSchemaDump(dump(animal, "17.2")).program).toBe("17");
  });

  it("differ by one blank, object by object", () => {
    const { isIdentical, differences } = compare(
      dump(animal + key("a")),
      dump(animal.replace("id int", "id  int") + key("a")),
    );
    expect(isIdentical).toBe(false);
    expect(differences).toEqual([
      {
        summary: "TABLE animal: 1 of its lines gone, 1 new",
        lines: ["-     id integer", "+     id  integer"],
      },
    ]);
  });

  it("differ by an empty line within a text, and by the order of lines", () => {
    const f = (body: string): string => dump(entry("f()", "FUNCTION", `AS $$\n${body}\n$$;`));
    expect(compare(f("a\nb"), f("a\n\nb")).differences).toHaveLength(1);
    expect(compare(f("a\nb"), f("b\na")).differences[0]?.summary).toBe(
      "FUNCTION f(): has its lines in another order",
    );
  });

  it("differ by objects that are gone or new", () => {
    expect(compare(dump(animal), dump(key("a"))).differences.map(({ summary }) => summary)).toEqual(
      ["TABLE animal: is gone", "FK CONSTRAINT owner: is new"],
    );
  });

  it("may hold objects of the same name in another order, as older programs print them", () => {
    expect(compare(dump(key("a") + key("b")), dump(key("b") + key("a")))).toEqual({
      isIdentical: false,
      differences: [],
    });
  });

  it("differ by the tablespace alone, which stands between two objects", () => {
    const index = entry("i", "INDEX", "CREATE INDEX i ON public.animal;");
    const set = "SET default_tablespace = fast;\n\n";
    expect(compare(dump(animal + index), dump(animal + set + index)).differences).toEqual([
      {
        summary: "INDEX i: 0 of its lines gone, 1 new",
        lines: ["+ SET default_tablespace = fast;"],
      },
    ]);
  });
});

describe("the command of a schema dump", () => {
  const endpoint = parseConnectionUrl("postgresql://app:hush@db.example.com/shop");
  const build = (of: Partial<SchemaDumpScope>) =>
    buildSchemaDumpCommand(
      endpoint,
      { ...scope, ...of },
      { program: "pg_dump", applicationName: "m" },
    );

  it("names no server and no password, asks for none, and does not wait for ever", () => {
    const { args } = build({});
    expect(args).toEqual([
      "--schema-only",
      "--format=plain",
      "--encoding=UTF8",
      "--no-password",
      "--no-subscriptions",
      "--lock-wait-timeout=30000",
      '--exclude-schema="movebook"',
      "--dbname=service=movebook",
    ]);
  });

  it("quotes what it leaves out", () => {
    const { args } = build({
      closedSchemas: ['a"b.*'],
      lockedTables: [{ schema: "S", name: "x y" }],
      goingTables: [{ schema: "public", name: "h" }],
      onlySchemas: ["p"],
    });
    expect(args.slice(6, -1)).toEqual([
      '--schema="p"',
      '--exclude-schema="movebook"',
      '--exclude-schema="a""b.*"',
      '--exclude-table="S"."x y"',
      '--exclude-table="public"."h"',
    ]);
  });

  it("leaves out what either scope leaves out, once, and says so, but for what goes on purpose", () => {
    const table = (name: string) => ({ schema: "public", name });
    const joined = joinScopes(
      { ...scope, lockedTables: [table("a")], goingTables: [table("h")] },
      { ...scope, lockedTables: [table("a"), table("b")], closedSchemas: ["c"] },
    );
    expect(joined).toEqual({
      closedSchemas: ["c"],
      lockedTables: [table("a"), table("b")],
      goingTables: [table("h")],
      onlySchemas: null,
    });
    expect(describeLeftOut(joined)).toEqual([
      "schemas that this role may not look into: c",
      "tables that this role may not read: a, b",
    ]);
    expect(describeLeftOut(scope)).toEqual([]);
  });
});
