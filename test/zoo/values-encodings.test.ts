import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Animal, startZoo, type Zoo } from "./support/zoo.ts";

/* Databases of other encodings than UTF8: texts arrive as the same characters, or are refused before anything changes. */

const more = "lc_collate 'C' lc_ctype 'C'";
const schema = `create type "Größe" as enum ('groß', 'klein');
  create table "Straße" (id int primary key, t text, v varchar(9), c char(9), a text[], j json, g "Größe", "Länge" int default 1, check (t <> 'Zoë'));
  create table plain (id serial primary key, n numeric);`;
// EUC_JP has no ß, no ö and no ä in one of its older forms: names and labels of its own
const asciiSchema =
  "create table texts (id int primary key, t text, v varchar(9), c char(9), a text[], j json);";

const fill = (table: string, text: string): string =>
  `insert into ${table} (id, t, v, c, a, j) values (1, '${text}', '${text}', '${text}', array['${text}', null, '"${text}"'], '{"${text}": 1}'), (2, '', null, 'a', '{}', null);`;

interface Case {
  readonly v1: string;
  readonly v2: string;
  readonly schema: string;
  readonly rows: string;
  readonly table: string;
  readonly text: string;
}

const of = (v1: string, v2: string, text: string, wide = true): Case => {
  const table = wide ? `"Straße"` : "texts";
  return { v1, v2, text, table, schema: wide ? schema : asciiSchema, rows: fill(table, text) };
};

let zoo: Zoo;

beforeAll(async () => {
  zoo = await startZoo();
});
afterAll(() => zoo?.stop());

const makeAnimal = (each: Pick<Case, "v1" | "v2" | "schema" | "rows">): Promise<Animal> =>
  zoo.animal({
    v1Database: { encoding: each.v1, more },
    v2Database: { encoding: each.v2, more },
    v1: each.schema + each.rows,
    v2: each.schema,
  });

describe("texts arrive as the same characters", () => {
  it.each([
    of("WIN1252", "UTF8", "Zoë €„“™ÿ"),
    of("EUC_JP", "UTF8", "日本語ﾃｽﾄ", false),
    of("UTF8", "LATIN1", "Zoë ßÿ\u00A0×"),
    {
      ...of("SQL_ASCII", "UTF8", "é 日", false),
      rows: fill("texts", "é 日").replace("'é 日', array", "'a', array"),
    },
  ])("from $v1 to $v2", async (each) => {
    const animal = await makeAnimal(each);
    const verdict = await animal.compare({
      mustHold: [
        each.v1 === "SQL_ASCII" || each.table === "texts" ? "public.texts" : `public."Straße"`,
      ],
    });
    expect(verdict.ended.code, verdict.ended.output).toBe(0);
    expect(verdict.faults).toEqual([]);
    expect(
      await animal.v2.sql(`select t || '|' || v || '|' || a[3] from ${each.table} where id = 1`),
    ).toBe(`${each.text}|${each.text}|"${each.text}"`);
  });
});

it("what is sent to a server of another encoding is ASCII, comments too", () => {
  for (const folder of ["postgres", "data-move/checks"]) {
    const place = fileURLToPath(new URL(`../../sql/${folder}/`, import.meta.url));
    const files = readdirSync(place).filter((name) => name.endsWith(".sql"));
    expect(files.length).toBeGreaterThan(5);
    const strange = files.filter((name) =>
      /[^\n -~]/.test(readFileSync(join(place, name), "utf8")),
    );
    expect(strange).toEqual([]);
  }
});

describe("texts that cannot arrive are refused, by table and column", () => {
  it("when v2's encoding lacks characters", async () => {
    const animal = await makeAnimal({
      ...of("UTF8", "LATIN1", "Zoë ßÿ"),
      rows: `${fill(`"Straße"`, "Zoë ß")} insert into "Straße" (id, t, j) values (3, '€', null), (4, 'x日', '{"🎉": "]"}'), (5, '^-]\\', null);`,
    });
    const { code, output } = await animal.preflight();
    expect(code).toBe(3);
    expect(output).toContain("Straße.t: 2 rows of v1 with characters that v2's encoding lacks");
    expect(output).toContain("Straße.j: 1 row of v1 with characters that v2's encoding lacks");
    expect(output).not.toMatch(/Straße\.[vca]: /);
    expect(output).not.toContain("日");
  });

  it("when bytes of v1 are no characters of its own encoding", async () => {
    const animal = await makeAnimal({
      ...of("WIN1252", "UTF8", "€", false),
      rows: `insert into texts (id, t) values (1, 'a' || convert_from('\\x81', 'WIN1252')), (2, 'fine €');`,
    });
    const { code, output } = await animal.preflight();
    expect(code).toBe(3);
    expect(output).toContain("texts.t: 1 row of v1 with characters that v2's encoding lacks");
  });

  it("when bytes of a SQL_ASCII database are no UTF-8, until they are mended as advised", async () => {
    const broken = ["e9", "c3", "c0af", "eda080", "f4908080", "61f09f8e"];
    const animal = await makeAnimal({
      ...of("SQL_ASCII", "UTF8", "é", false),
      rows: `insert into texts (id, t) values (100, 'é 日 🎉 plain\n'), ${broken.map((bytes, at) => `(${at}, convert_from('\\x${bytes}', 'SQL_ASCII'))`).join(", ")};`,
    });
    const before = await animal.preflight();
    expect(before.code).toBe(3);
    expect(before.output).toContain(
      `texts.t: ${broken.length} rows of v1 with bytes that are no UTF-8`,
    );
    await animal.v1.sql(
      "update texts set t = convert_from(convert(convert_to(t, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII') where id < 100",
    );
    const after = await animal.preflight();
    expect(after.code, after.output).toBe(0);
    expect(after.output).toContain("v1's encoding is SQL_ASCII");
  });

  it("and a v2 that looks at no bytes is told", async () => {
    const animal = await makeAnimal(of("UTF8", "SQL_ASCII", "é", false));
    const { code, output } = await animal.preflight();
    expect(output).toContain("v2's encoding is SQL_ASCII");
    expect(code).toBe(0);
  });
});
