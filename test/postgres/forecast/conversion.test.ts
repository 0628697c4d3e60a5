import { describe, expect, test } from "vitest";
import type { Catalogue } from "../../../scripts/postgres/catalogue.ts";
import { resolveType, type BaseType } from "../../../scripts/postgres/forecast/base-type.ts";
import type { Conversion } from "../../../scripts/postgres/forecast/conversion.ts";
import { convert } from "../../../scripts/postgres/forecast/convert.ts";
import {
  listMentioned,
  replaceValue,
} from "../../../scripts/postgres/forecast/domain-expression.ts";

const catalogue: Catalogue = {
  tables: [],
  enums: [{ schema: "public", name: "Mood", labels: ["GOOD", "it's"] }],
  domains: [
    {
      schema: "public",
      name: "inner",
      base: "numeric(10,2)",
      baseSchema: "pg_catalog",
      baseName: "numeric",
      baseKind: "b",
      baseIsArray: false,
      notNull: true,
      checks: [{ name: "a", expression: "(VALUE > 0)", validated: true }],
    },
    {
      schema: "public",
      name: "outer",
      base: 'public."inner"',
      baseSchema: "public",
      baseName: "inner",
      baseKind: "d",
      baseIsArray: false,
      notNull: false,
      checks: [{ name: "b", expression: "(VALUE < 9)", validated: false }],
    },
  ],
  uniqueKeys: [],
  checks: [],
  exclusions: [],
  others: [],
  largeObjects: 0,
};

const builtIn = (sql: string, name: string): BaseType =>
  resolveType(catalogue, {
    type: sql,
    typeSchema: "pg_catalog",
    typeName: name,
    typeKind: "b",
    isArray: sql.endsWith("[]"),
  });
const mood = resolveType(catalogue, {
  type: 'public."Mood"',
  typeSchema: "public",
  typeName: "Mood",
  typeKind: "e",
  isArray: false,
});

const turn = (source: BaseType, target: BaseType, version = 150_000): Conversion =>
  convert({ source, target, expression: 't."v"', version });

describe("types without their domains", () => {
  test("a domain on a domain gives its base and both demands", () => {
    const outer = {
      type: 'public."outer"',
      typeSchema: "public",
      typeName: "outer",
      typeKind: "d",
    };
    expect(resolveType(catalogue, { ...outer, isArray: false })).toMatchObject({
      sql: "numeric(10,2)",
      modifiers: [10, 2],
      domain: { notNull: true, checks: [{ name: "a" }, { name: "b" }] },
    });
    expect(resolveType(catalogue, { ...outer, isArray: true })).toMatchObject({
      sql: "numeric(10,2)[]",
      isArray: true,
    });
  });

  test("brackets in the name of a user's type are no modifiers", () => {
    const odd = { type: 'public."a(3)"', typeSchema: "public", typeName: "a(3)", typeKind: "b" };
    expect(resolveType(catalogue, { ...odd, isArray: false }).modifiers).toEqual([]);
  });
});

describe("what COPY does to values", () => {
  test.each([
    ["the same type", builtIn("text", "text"), builtIn("text", "text")],
    ["the same enum", mood, mood],
  ])("%s is left alone", (_, source, target) => {
    expect(turn(source, target)).toMatchObject({ identical: true, tests: [], value: 't."v"' });
  });

  test.each([
    ["smallint in bigint", builtIn("smallint", "int2"), builtIn("bigint", "int8")],
    ["integer in numeric(12,2)", builtIn("integer", "int4"), builtIn("numeric(12,2)", "numeric")],
    [
      "numeric(5,2) in numeric(8,3)",
      builtIn("numeric(5,2)", "numeric"),
      builtIn("numeric(8,3)", "numeric"),
    ],
    [
      "varchar(3) in varchar(5)",
      builtIn("character varying(3)", "varchar"),
      builtIn("character varying(5)", "varchar"),
    ],
    [
      "integer in double precision",
      builtIn("integer", "int4"),
      builtIn("double precision", "float8"),
    ],
    [
      "timestamp(3) in timestamp",
      builtIn("timestamp(3) without time zone", "timestamp"),
      builtIn("timestamp without time zone", "timestamp"),
    ],
  ])("%s needs no look at the rows", (_, source, target) => {
    expect(turn(source, target)).toMatchObject({ identical: false, tests: [] });
  });

  test("an enum's labels are compared as quoted texts", () => {
    const [fails] = turn(builtIn("text", "text"), mood).tests;
    expect(fails?.where).toBe(
      `t."v" is not null and (pg_catalog.format('%s', t."v") not in ('GOOD', 'it''s'))`,
    );
    expect(fails?.values?.shown).toBe(false);
  });

  test("from 16 on the server itself is asked whether a text can be read", () => {
    const [fails] = turn(builtIn("text", "text"), builtIn("date", "date"), 160_000).tests;
    expect(fails?.where).toBe(
      `t."v" is not null and (not pg_catalog.pg_input_is_valid(pg_catalog.format('%s', t."v"), 'date'))`,
    );
    expect(fails?.errorIsFailure).toBeUndefined();
  });

  test("before 16 it is tried, and the error is the answer", () => {
    const [fails] = turn(builtIn("text", "text"), builtIn("date", "date")).tests;
    expect(fails?.errorIsFailure).toBe(true);
  });

  test("a type that v1 does not know is said to be untested", () => {
    const span = { ...mood, kind: "r", sql: "public.span", name: "span" };
    expect(turn(builtIn("text", "text"), span).untested).toBe(
      "v1 cannot read its values as public.span",
    );
  });
});

describe("a domain's check", () => {
  test("speaks of the value, but not in strings and quoted names", () => {
    expect(
      replaceValue(`(VALUE <> 'VALUE''s' AND "VALUE" = E'\\'VALUE' AND VALUES(VALUE))`, "x"),
    ).toBe(`(x <> 'VALUE''s' AND "VALUE" = E'\\'VALUE' AND VALUES(x))`);
  });

  test("columns are found as identifiers", () => {
    expect(
      listMentioned(`(a > 1 AND "b ""c" IS NULL AND d = 'e')`, ["a", 'b "c', "d", "e"]),
    ).toEqual(["a", 'b "c', "d"]);
  });
});
