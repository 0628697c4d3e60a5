import { describe, expect, test } from "vitest";
import { parseCopyContext, parsePsqlError } from "../../scripts/postgres/errors.ts";

const stderr = (...lines: string[]): string => `${lines.join("\n")}\n`;

describe("the error in psql's stderr", () => {
  test("is read with all its fields", () => {
    const error = parsePsqlError(
      stderr(
        'psql:<stdin>:12: ERROR:  23503: insert or update on table "Invoice" violates foreign key constraint "fk"',
        'DETAIL:  Key (client)=(7) is not present in table "Party".',
        "HINT:  Look there.",
        'CONTEXT:  SQL statement "alter table"',
        "PL/pgSQL function inline_code_block line 3 at SQL statement",
        "SCHEMA NAME:  public",
        "TABLE NAME:  Invoice",
        "CONSTRAINT NAME:  fk",
        "LOCATION:  ri_ReportViolation, ri_triggers.c:2596",
      ),
    );
    expect(error).toEqual({
      sqlstate: "23503",
      message: 'insert or update on table "Invoice" violates foreign key constraint "fk"',
      detail: 'Key (client)=(7) is not present in table "Party".',
      hint: "Look there.",
      context:
        'SQL statement "alter table"\nPL/pgSQL function inline_code_block line 3 at SQL statement',
      schema: "public",
      table: "Invoice",
      constraint: "fk",
    });
  });

  test("may have a message and a DETAIL of several lines, with a stack in CONTEXT", () => {
    const error = parsePsqlError(
      stderr(
        "ERROR:  P0001: first line",
        "second: line",
        "DETAIL:  Failing row contains (1, Zoë",
        "",
        "lives here).",
        "CONTEXT:  PL/pgSQL function f() line 1 at RAISE",
        'COPY Party, line 3: "1\\tZoë\\\\n…"',
        "LOCATION:  exec_stmt_raise, pl_exec.c:3893",
      ),
    );
    expect(error?.message).toBe("first line\nsecond: line");
    expect(error?.detail).toBe("Failing row contains (1, Zoë\n\nlives here).");
    expect(error?.context).toContain("\nCOPY Party, line 3");
  });

  test("is not led astray by row values that look like fields or errors", () => {
    const error = parsePsqlError(
      stderr(
        'ERROR:  23502: null value in column "name" of relation "Party" violates not-null constraint',
        "DETAIL:  Failing row contains (1, ",
        "TABLE NAME:  Evil",
        "ERROR:  00000: evil",
        "ERROR:  42P01: evil",
        "LOCATION:  evil",
        "COLUMN NAME:  evil).",
        "SCHEMA NAME:  public",
        "TABLE NAME:  Party",
        "COLUMN NAME:  name",
        "LOCATION:  ExecConstraints, execMain.c:1987",
      ),
    );
    expect(error).toMatchObject({
      sqlstate: "23502",
      schema: "public",
      table: "Party",
      column: "name",
    });
    expect(error?.detail).toContain("evil).");
  });

  test("is read in every language of the server; psql's own labels are English", () => {
    const german = parsePsqlError(
      stderr(
        "psql:<stdin>:9: FEHLER:  22P02: ungültige Eingabe für Enum »AnimalStatus«: »LOST«",
        "CONTEXT:  COPY Animal, Zeile 45, Spalte status: »LOST«",
        "LOCATION:  enum_in, enum.c:136",
      ),
    );
    expect(german).toMatchObject({ sqlstate: "22P02" });
    expect(german?.context).toBe("COPY Animal, Zeile 45, Spalte status: »LOST«");
    for (const severity of ["ERREUR", "ОШИБКА", "错误", "ERRORE", "შეცდომა"])
      expect(parsePsqlError(`${severity}:  42P01: x\n`)?.sqlstate).toBe("42P01");
  });

  test("is the first one that is an error, and none when psql could not connect", () => {
    expect(
      parsePsqlError(
        stderr("WARNING:  01000: old collation", "FATAL:  57P01: terminating connection", "gone"),
      )?.sqlstate,
    ).toBe("57P01");
    expect(
      parsePsqlError("psql: error: connection to server failed: Connection refused\n"),
    ).toBeUndefined();
    expect(parsePsqlError("")).toBeUndefined();
  });
});

describe("the context of a COPY", () => {
  const known = { table: "Animal", columns: ["id", "status", "line", "column", "a b", "b"] };

  test.each([
    'COPY Animal, line 12, column status: "x"',
    "COPY Animal, Zeile 12, Spalte status: »x«",
    "COPY Animal, línea 12, columna status: «x»",
    "COPY Animal, ligne 12, colonne status : « x »",
    'COPY Animal, строка 12, столбец status: "x"',
    'AnimalのCOPY、行 12、列 status: "x"',
    'Animal 복사, 12번째 줄, status 열: "x"',
    "COPY Animal, line 12, column status: null input",
  ])("%s", (context) => {
    expect(parseCopyContext(context, known)).toEqual({ line: 12, column: "status" });
  });

  test("without a column, at the end of a stack, and with lines in the value", () => {
    expect(
      parseCopyContext(
        'SQL function "f" statement 1\nCOPY Animal, line 7: "1\tx, status: 3"',
        known,
      ),
    ).toEqual({ line: 7 });
    expect(parseCopyContext("COPY Animal, line 7", known)).toEqual({ line: 7 });
    expect(parseCopyContext('COPY Animal, line 7, column a b: "x\nstatus 9: y"', known)).toEqual({
      line: 7,
      column: "a b",
    });
  });

  test("of a column that is named like a word of the sentence", () => {
    expect(parseCopyContext('COPY Animal, line 7, column line: "x"', known)?.column).toBe("line");
    expect(parseCopyContext('COPY Animal, line 7, column column: "x"', known)?.column).toBe(
      "column",
    );
    expect(parseCopyContext('COPY a 1 b, line 7: "x"', { table: "a 1 b", columns: [] })).toEqual({
      line: 7,
    });
  });

  test("is nothing when the server says nothing of a COPY", () => {
    expect(parseCopyContext(undefined, known)).toBeUndefined();
    expect(parseCopyContext('SQL statement "create schema movebook"', known)).toBeUndefined();
  });
});
