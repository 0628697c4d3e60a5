import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  displayName,
  nameKey,
  quoteIdentifier,
  quoteLiteral,
  quoteName,
} from "../../scripts/postgres/identifier.ts";

const text = fc
  .oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom(...Array.from("a.\"'\\E;$-\n")) }),
  )
  .filter((candidate) => !candidate.includes("\0"));

/** Reads a quoted identifier as the server's scanner does; undefined when it does not end where the text ends. */
function readIdentifier(sql: string): string | undefined {
  return /^"((?:[^"]|"")*)"$/.exec(sql)?.[1]?.replaceAll('""', '"');
}

/** Reads a literal as the server's scanner does, with standard_conforming_strings on or off. */
function readLiteral(sql: string, standardConforming: boolean): string | undefined {
  const escapes = sql.startsWith("E") || !standardConforming;
  const body = (escapes ? /^E?'((?:[^'\\]|''|\\[\s\S])*)'$/ : /^'((?:[^']|'')*)'$/).exec(sql)?.[1];
  return body?.replaceAll(escapes ? /''|\\([\s\S])/g : /''/g, (match, escaped: unknown) =>
    typeof escaped === "string" ? escaped : match.charAt(0),
  );
}

describe("quoteIdentifier", () => {
  it("quotes always, and doubles quotes inside", () => {
    expect(quoteIdentifier("Animal")).toBe('"Animal"');
    expect(quoteIdentifier('a"; drop table b; --')).toBe('"a""; drop table b; --"');
  });

  it("is read back as it was, whatever it holds", () => {
    fc.assert(
      fc.property(
        text.filter((s) => s !== ""),
        (name) => {
          expect(readIdentifier(quoteIdentifier(name))).toBe(name);
        },
      ),
    );
  });

  it("refuses what Postgres cannot have as a name: a NUL, or nothing", () => {
    expect(() => quoteIdentifier("a\0b")).toThrow("NUL");
    expect(() => quoteIdentifier("")).toThrow("empty");
  });
});

describe("quoteLiteral", () => {
  it("doubles quotes, and takes the E form for backslashes", () => {
    expect(quoteLiteral("it's")).toBe("'it''s'");
    expect(quoteLiteral("a\\'b")).toBe("E'a\\\\''b'");
    expect(quoteLiteral("")).toBe("''");
  });

  it("is read back as it was, whatever it holds and however the server reads backslashes", () => {
    fc.assert(
      fc.property(text, fc.boolean(), (value, standardConforming) => {
        expect(readLiteral(quoteLiteral(value), standardConforming)).toBe(value);
      }),
    );
  });

  it("refuses a NUL", () => expect(() => quoteLiteral("a\0")).toThrow("NUL"));
});

describe("names", () => {
  it("are quoted part by part", () => {
    expect(quoteName({ schema: "public", name: "a.b" })).toBe('"public"."a.b"');
  });

  it("have keys that no two names share", () => {
    const name = fc.record({
      schema: text.filter((s) => s !== ""),
      name: text.filter((s) => s !== ""),
    });
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(nameKey(a) === nameKey(b)).toBe(a.schema === b.schema && a.name === b.name);
      }),
    );
  });

  it("are shown to people without quotes, and without the schema public", () => {
    expect(displayName({ schema: "public", name: "Animal" })).toBe("Animal");
    expect(displayName({ schema: "audit", name: "Entry" })).toBe("audit.Entry");
  });
});
