import { describe, expect, test } from "vitest";
import {
  describePlainly,
  findFunction,
  listServerWords,
} from "../../scripts/postgres/plain-error.ts";

const type = { type: 'public."Status"', typeKind: "e" };

describe("an error on the screen", () => {
  test.each([
    [
      { sqlstate: "22P02", message: 'invalid input value for enum "Status": "canary"' },
      'invalid input value for enum public."Status" (SQLSTATE 22P02)',
    ],
    [
      { sqlstate: "23502", message: "canary", table: "Party", column: "name" },
      'null value in column "name" of relation "Party" violates not-null constraint (SQLSTATE 23502)',
    ],
    [
      { sqlstate: "23505", message: "canary", table: "Party", constraint: "key" },
      'duplicate key value violates unique constraint "key" (SQLSTATE 23505)',
    ],
    [
      { sqlstate: "23514", message: "canary", table: "Party", constraint: "positive" },
      'new row for relation "Party" violates check constraint "positive" (SQLSTATE 23514)',
    ],
    [
      { sqlstate: "42P01", message: 'relation "Party" does not exist' },
      'relation "Party" does not exist (SQLSTATE 42P01)',
    ],
    [
      { sqlstate: "22012", message: "canary by zero" },
      "the server refused it; its message is in the report (SQLSTATE 22012)",
    ],
    [
      {
        sqlstate: "P0001",
        message: "canary",
        context: "PL/pgSQL-Funktion refuse_it(text,character varying) Zeile 1 bei RAISE",
      },
      "function refuse_it(text,character varying) raised an error; its message is in the report (SQLSTATE P0001)",
    ],
  ])("%o", (error, sentence) => {
    expect(describePlainly(error, type)).toBe(sentence);
  });

  test("names the type of the column, when it is known", () => {
    const tooLong = { sqlstate: "22001", message: "x" };
    expect(describePlainly(tooLong, { type: "character varying(3)", typeKind: "b" })).toBe(
      "value too long for type character varying(3) (SQLSTATE 22001)",
    );
    expect(describePlainly(tooLong)).toBe("value too long for the column's type (SQLSTATE 22001)");
  });
});

describe("the function in which an error was raised", () => {
  test.each([
    ["PL/pgSQL function refuse_it(text) line 1 at RAISE\nCOPY Party, line 1", "refuse_it(text)"],
    ["fonction PL/pgSQL app.f(integer), ligne 1 à RAISE", "app.f(integer)"],
    ["在RAISE的第1行的PL/pgSQL函数f(text)", "f(text)"],
    ['SQL function "div" statement 1', "div"],
    ["SQL-Funktion »div« beim Start", "div"],
    ["fonction SQL « div » lors du lancement", "div"],
  ])("%s", (context, name) => {
    expect(findFunction(context)).toBe(`function ${name}`);
  });

  test("is nobody's for a statement of ours, whose text may hold values", () => {
    expect(
      findFunction(
        "SQL statement \"insert into f values ('canary')\"\nPL/pgSQL function inline_code_block line 5 at SQL statement",
      ),
    ).toBeUndefined();
    expect(findFunction('COPY Party, line 1: "x"')).toBeUndefined();
    expect(findFunction(undefined)).toBeUndefined();
  });
});

test("the report gets the server's words, each line indented", () => {
  expect(
    listServerWords({ sqlstate: "P0001", message: "a\nb", detail: "c", context: "d\ne" }),
  ).toEqual(["ERROR P0001: a", "  b", "DETAIL: c", "CONTEXT: d", "  e"]);
});
