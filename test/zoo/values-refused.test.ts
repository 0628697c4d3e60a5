import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startZoo, type Zoo } from "./support/zoo.ts";

/* Values that would mean something else in v2. */

let zoo: Zoo;

beforeAll(async () => {
  zoo = await startZoo();
});
afterAll(() => zoo?.stop());

describe("values that mean an object of v1", () => {
  const schema = `create domain place as regclass;
    create table pointers (id int primary key, c regclass, cs regclass[], f regprocedure, p place, t regclass, fine regtype);`;

  it("are refused when v2 lacks it, or when v1 has it no more", async () => {
    const animal = await zoo.animal({
      v1: `create table only_v1 (id int); create table gone (id int); create function of_v1(text) returns text language sql as 'select $1';
        ${schema}
        insert into pointers values
          (1, 'only_v1', array['only_v1', 'pointers', null, 'gone']::regclass[], 'of_v1(text)', 'gone', 'only_v1', 'pointers'),
          (2, 'pointers', '{}', 'pg_catalog.lower(text)', 'pointers', 'pointers', 'text'),
          (3, 0, null, null, null, null, null);
        drop table gone;`,
      v2: schema.replace("t regclass", "t text"),
    });
    const { code, output } = await animal.preflight([], { V1_LEAVE_OUT: "only_v1" });
    expect(code).toBe(3);
    const lost = output.split("\n").filter((line) => line.startsWith("  ✗"));
    expect(lost.map((line) => /pointers\.\w+: \d+ values? of type \w+/.exec(line)?.[0])).toEqual([
      "pointers.c: 1 value of type regclass",
      "pointers.cs: 2 values of type regclass",
      "pointers.f: 1 value of type regprocedure",
      "pointers.p: 1 value of type regclass",
    ]);
    expect(output).not.toContain("of_v1");
  });
});

describe("values of a currency that the servers agree on", () => {
  it("are moved and told: the number of decimals is the locale's", async () => {
    const schema = "create table prices (id int primary key, amount money, amounts money[]);";
    const animal = await zoo.animal({
      v1: `${schema} insert into prices values (1, '-1234.56', array['0.01'::money, null]);`,
      v2: schema,
    });
    const { code, output } = await animal.preflight();
    expect(code).toBe(0);
    expect(output).toContain(
      "columns of type money are moved under lc_monetary = C: prices.amount, prices.amounts",
    );
  });
});
