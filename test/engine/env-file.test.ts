import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lintEnvFile, listAssignedLines } from "../../scripts/engine/env-file.ts";
import { parseEnvFile } from "../../scripts/engine/settings.ts";

const known = new Set(["DATABASE_URL", "DATABASE_DIRECT_URL", "A", "B"]);

/** "line: message" of each warning. */
const lint = (content: string): string[] =>
  lintEnvFile(".env.v2.dev", content, known).map(({ line, message }) => `${line}: ${message}`);

describe("lintEnvFile", () => {
  it("finds nothing in a plain file", () => {
    expect(
      lint("# v2\n\nDATABASE_URL='postgresql://app:pa#ss@db/shop'\nA=plain # a comment\nB=\n"),
    ).toEqual([]);
  });

  it.each([
    ["A=pa#ss", "pa"],
    ['A=pa#ss"', "pa"],
    ["A=#pass", ""],
    ["A='pa'#ss", "pa"],
    ["A='pa'x#ss'", "'pa'x"],
  ])("warns about the # glued to the value of %s, which dotenv reads as %s", (content, read) => {
    expect(parseEnvFile(content)).toEqual({ A: read });
    expect(lint(content)).toContainEqual(expect.stringContaining("1: a # right after the value"));
  });

  it("takes a # after a blank as a comment, unless it closes the value's quote", () => {
    expect(lint("A=pass # word")).toEqual([]);
    expect(lint("A='pa' #ss'")).toEqual([expect.stringContaining("ends at its second quote")]);
  });

  it("takes an apostrophe in a comment on a later line for what it is", () => {
    expect(lint("A='pass'\n\n# the application's own\nB='word'\n")).toEqual([]);
  });

  it.each(["A='pass", 'A="pass', "A=`pass", `A='pass"`, "A='pa'ss", "A='it's'"])(
    "warns about the unbalanced quotes of %s",
    (content) => expect(lint(content)).toEqual([expect.stringContaining("1: unbalanced quotes")]),
  );

  it("warns about a quote at the end only", () => {
    expect(lint('A=pass"')).toEqual([expect.stringContaining("1: the value ends with a quote")]);
  });

  it("warns about a quote that swallows the next variables, and not about a certificate", () => {
    expect(parseEnvFile("A='x\nB=y'")).toEqual({ A: "x\nB=y" });
    expect(lint("A='x\nB=y'")).toEqual([
      expect.stringContaining("1: the quote that opens here closes 1 lines"),
    ]);
    expect(lint("A='-----BEGIN CERTIFICATE-----\nMIIB9g==\n-----END CERTIFICATE-----'")).toEqual(
      [],
    );
  });

  it("warns once about Windows line endings, at the first one", () => {
    expect(lint("A=1\nB=2\r\n# more\r\n")).toEqual([
      expect.stringContaining("2: Windows line endings"),
    ]);
  });

  it("warns about export, blanks around =, and : instead of =", () => {
    expect(lint("export A=1")).toEqual([expect.stringContaining("1: `export` is not needed")]);
    for (const content of ["A = 1", "A =1", "A= 1", "A= '1'"]) {
      expect(lint(content)).toEqual([expect.stringContaining("1: blanks around `=`")]);
    }
    expect(lint("A: 1")).toEqual([expect.stringContaining("1: `:` instead of `=`")]);
  });

  it("says which line of a duplicate wins", () => {
    expect(parseEnvFile("A=1\nB=2\nA=3")).toEqual({ A: "3", B: "2" });
    expect(lint("A=1\nB=2\nA=3")).toEqual([
      "1: the same variable stands again on line 3: line 3 wins",
    ]);
  });

  it("guesses what an unknown name was meant to be", () => {
    for (const name of ["DATABSE_DIRECT_URL", "DIRECT_DATABASE_URL", "DATABASE_DIRECTURL"]) {
      expect(lint(`${name}=x`)).toEqual([
        `1: ${name} is not known: did you mean DATABASE_DIRECT_URL?`,
      ]);
    }
    expect(lint("database_url=x")).toEqual([
      "1: a variable is not known: did you mean DATABASE_URL?",
    ]);
    expect(lint("JWT_SECRET=x")).toEqual(["1: JWT_SECRET is not known and not read"]);
  });

  it("names the file into which a variable belongs", () => {
    const names = { here: known, elsewhere: new Map([["V1_URL", ".env.v1.dev.snapshot"]]) };
    expect(lintEnvFile(".env.v2.dev", "V1_URL=x", names)).toEqual([
      {
        file: ".env.v2.dev",
        line: 1,
        message: "V1_URL is not read from this file: it belongs into .env.v1.dev.snapshot",
      },
    ]);
  });

  it("warns about a byte order mark, UTF-16 and invisible line separators", () => {
    expect(lint("\ufeffA=1")).toEqual([
      expect.stringContaining("1: the file begins with a byte order mark"),
    ]);
    expect(lint(Buffer.from("A=1\n", "utf16le").toString("utf8")).join("\n")).toContain(
      "not UTF-8 text",
    );
    expect(lint("A=1\nB=1\u2028")).toContainEqual(
      expect.stringContaining("2: an invisible line separator"),
    );
  });

  it("warns about lines that are no assignment", () => {
    expect(lint("A=1\nhello\nhi there=x\nB=2\nA:3\n")).toEqual(
      [2, 3, 5].map((line) => `${line}: this is no assignment (NAME=value) and is ignored`),
    );
  });

  it("warns about a value that dotenv takes from the next line", () => {
    expect(parseEnvFile("A=\n'x'")).toEqual({ A: "x" });
    expect(lint("A=\n'x'")).toEqual(["1: the value is taken from the next line"]);
  });

  it("warns that $ is not replaced, except in single quotes", () => {
    for (const content of ["A=${B}/x", 'A="$(pwd)"', "A=$HOME"]) {
      expect(lint(content)).toEqual([expect.stringContaining("1: `$` stays as it is written")]);
    }
    expect(lint("A='${B}'\nB=pa$word")).toEqual([]);
  });

  it("warns about backslashes that dotenv changes or keeps", () => {
    expect(parseEnvFile('A="a\\nb"')).toEqual({ A: "a\nb" });
    expect(lint('A="a\\nb"')).toEqual([
      expect.stringContaining("1: \\n and \\r become line breaks"),
    ]);
    expect(parseEnvFile('A="a\\"b\\\\"')).toEqual({ A: 'a\\"b\\\\' });
    expect(lint('A="a\\"b"')).toEqual([
      expect.stringContaining("1: in double quotes dotenv keeps the backslash"),
    ]);
    expect(lint("A='a\\'b'")).toEqual([
      expect.stringContaining("1: dotenv keeps the backslash before a quote"),
    ]);
    expect(lint("A='a\\nb'\nB=C:\\dir")).toEqual([]);
  });

  it("never repeats a value, nor what stands where a name is expected", () => {
    const secret = "MIIEvQIBADANBgkq";
    const contents = [
      `A=${secret}#x`,
      `A='${secret}`,
      secret,
      `${secret}=`,
      `A="${secret}\\n"`,
      `A=1\n${secret}=\n`,
    ];
    for (const content of contents) {
      expect(lint(content)).not.toEqual([]);
      expect(lint(content).join("\n")).not.toContain(secret);
    }
  });

  it("finds the same names as dotenv in any text", () => {
    const pieces = fc.constantFrom(
      "A",
      "B",
      "=",
      ":",
      " ",
      "#",
      "'",
      '"',
      "`",
      "\\",
      "\n",
      "\r\n",
      "export ",
      "x",
      "\ufeff",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
        const content = parts.join("");
        expect([...listAssignedLines(content).keys()].toSorted()).toEqual(
          Object.keys(parseEnvFile(content)).toSorted(),
        );
      }),
      { numRuns: 3_000 },
    );
  });
});

/** A value, the way in which a person writes it, and so what the person means. */
const entry = fc
  .record({
    value: fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.string({ unit: fc.constantFrom(...Array.from("ab#'\"`\\nr$ {=:@%\t")), maxLength: 10 }),
    ),
    quote: fc.constantFrom("", "'", '"', "`"),
    comment: fc.constantFrom("", " # a comment", " # it's", '# "glued"'),
  })
  // A value that begins with a quote and is in none is one that is in quotes.
  .filter(({ value, quote }) => quote !== "" || !/^\s*['"`]/.test(value));

describe("what dotenv reads", () => {
  it("is what was meant whenever there is no warning", () => {
    let silent = 0;
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
        const names = new Set(entries.map((_, index) => `V_${index}`));
        const lines = entries.map(
          ({ value, quote, comment }, index) => `V_${index}=${quote}${value}${quote}${comment}`,
        );
        const content = `${lines.join("\n")}\n`;
        if (lintEnvFile("f", content, names).length > 0) return;
        silent += 1;
        const meant = entries.map(({ value, quote }, index) => {
          // Without quotes a # after a blank begins a comment, for dotenv as for a shell.
          return [`V_${index}`, quote === "" ? value.replace(/(?<=\s)#.*$/, "").trim() : value];
        });
        expect(parseEnvFile(content)).toEqual(Object.fromEntries(meant));
      }),
      { numRuns: 5_000 },
    );
    expect(silent).toBeGreaterThan(500);
  });
});
