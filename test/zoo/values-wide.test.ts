import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Animal, startZoo, type Zoo } from "./support/zoo.ts";

/* Rows that are wider than the programs of Postgres can write, or nearly so: they are found before anything changes. */

const schema = `create domain note as text; create type pair as (a text, b note);
  create table wide (id int primary key, note note, v text);
  create table broad (id int primary key, b bytea, j jsonb, a text[], p pair, n note, c varchar);
  create table many_rows (id int primary key, v text);`;

// compressed they take some MB
const rows = `insert into wide values (1, 'small', 'small'), (2, repeat('n', 201000000), repeat('x', 300000000));
  insert into broad values (1, convert_to(repeat('b', 40000000), 'UTF8'), to_jsonb(repeat('j', 30000000)), array[repeat('a', 20000000)], row(repeat('p', 15000000), null), repeat('n', 10000000), repeat('c', 5000000));
  insert into many_rows select i, repeat('m', 1000000) from generate_series(1, 40) i;`;

let zoo: Zoo;
let animal: Animal;

beforeAll(async () => {
  zoo = await startZoo();
  animal = await zoo.animal({ v1: schema + rows, v2: schema });
});
afterAll(() => zoo?.stop());

describe("rows that are too wide to be moved", () => {
  it("are refused by table, with the columns that make them so", async () => {
    const { code, output } = await animal.preflight();
    expect(output).toContain("wide: 1 row of v1 is wider than 500 MB");
    expect(output).toContain("the widest: 501 MB");
    expect(output).toMatch(/column v: up to 300 MB\n.*column note: up to 201 MB/);
    expect(output).toContain("V1_LEAVE_OUT=wide.v");
    expect(output).not.toContain("many_rows");
    expect(code).toBe(3);
  });

  it("may go without the column, and what is merely wide is told with the memory that it needs", async () => {
    const { code, output } = await animal.preflight([], { V1_LEAVE_OUT: "wide.v" });
    expect(output).not.toContain("wider than 500 MB");
    expect(output).toContain("rows of broad are up to 120 MB wide");
    expect(output).toMatch(
      /column b: up to 40 MB\n.*column j: up to 30 MB\n.*column a: up to 20 MB/,
    );
    expect(code).toBe(0);
  });

  it("may go without the table", async () => {
    const { code, output } = await animal.preflight([], { V1_LEAVE_OUT: "wide,broad" });
    expect(output).toContain("no row of v1 is wider than 100 MB");
    expect(code).toBe(0);
  });
});
