import { inspect } from "node:util";
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import {
  createRedactor,
  forgetSecrets,
  mask,
  redact,
  registerSecret,
} from "../../scripts/engine/redact.ts";
import { Secret } from "../../scripts/engine/secret.ts";

beforeEach(forgetSecrets);

/** Pushes a text in pieces cut at the given places. */
function redactInChunks(text: string, cuts: readonly number[]): string {
  const redactor = createRedactor();
  const borders = [
    ...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length]),
  ].sort((a, b) => a - b);
  const pushed = borders
    .slice(1)
    .map((end, index) => redactor.push(text.slice(borders[index], end)));
  return pushed.join("") + redactor.flush();
}

const lowerHex = (text: string): string =>
  text.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
const encodeAll = (text: string): string =>
  Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

/** The ways in which a secret is written by programs and by people. */
const spellings: Record<string, (secret: string) => string> = {
  raw: (secret) => secret,
  "percent-encoded": encodeURIComponent,
  "percent-encoded in lower case": (secret) => lowerHex(encodeURIComponent(secret)),
  "encoded as a whole URL": encodeURI,
  "encoded as a form": (secret) => encodeURIComponent(secret).replaceAll("%20", "+"),
  "every byte encoded": encodeAll,
  "by the URL parser": (secret) => {
    const url = new URL("postgres://user@host");
    url.password = secret;
    return url.password;
  },
  JSON: (secret) => JSON.stringify(secret).slice(1, -1),
  "JSON in JSON": (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  "JSON of percent-encoding": (secret) => JSON.stringify(encodeURI(secret)).slice(1, -1),
  "quoted for a shell": (secret) => secret.replaceAll("'", `'\\''`),
  "escaped for a shell": (secret) =>
    secret.replaceAll(/[^A-Za-z0-9\s]/gu, (character) => `\\${character}`),
  "in a connection string": (secret) =>
    secret.replaceAll(/['\\]/g, (character) => `\\${character}`),
  "in a password file": (secret) => secret.replaceAll(/[:\\]/g, (character) => `\\${character}`),
  "as an SQL literal": (secret) => secret.replaceAll("'", "''"),
};

/** No lone surrogates: encodeURIComponent refuses them. No text of which the mask itself is made. */
const anySecret = fc
  .oneof(
    fc.string({ minLength: 4, maxLength: 24, unit: "grapheme" }),
    fc.string({
      minLength: 4,
      maxLength: 12,
      unit: fc.constantFrom(...Array.from("'\"\\%#/?@: ab1")),
    }),
  )
  .filter((secret) => !/\p{Surrogate}/u.test(secret) && !mask.includes(secret));

describe("redact", () => {
  it("masks a registered secret wherever it stands", () => {
    registerSecret("hunter22");
    expect(redact("hunter22 and again hunter22.")).toBe("[secret] and again [secret].");
  });

  it.each(Object.keys(spellings))("masks any secret that is written %s", (name) => {
    fc.assert(
      fc.property(anySecret, (secret) => {
        forgetSecrets();
        registerSecret(secret);
        const written = spellings[name]!(secret);
        expect(redact(`<${written}>`)).toBe("<[secret]>");
      }),
    );
  });

  it("masks the longer of two secrets that begin alike", () => {
    registerSecret("horse");
    registerSecret("horse-battery");
    expect(redact("horse-battery horse")).toBe("[secret] [secret]");
  });

  it("leaves no tail of a secret that overlaps another one", () => {
    registerSecret("abcd");
    registerSecret("cdef");
    expect(redact("xabcdefx")).toBe("x[secret]x");
  });

  it("ignores empty values, and masks short ones only where they stand as passwords", () => {
    registerSecret("");
    registerSecret("a");
    expect(redact("a banana")).toBe("a banana");
    expect(redact("postgres://app:a@db password=a")).toBe(
      "postgres://app:[secret]@db password=[secret]",
    );
  });

  it("masks the password of a URL that nobody registered", () => {
    expect(redact("see postgresql://app:s3cret@db.example:5432/shop")).toBe(
      "see postgresql://app:[secret]@db.example:5432/shop",
    );
    expect(redact("postgres://app:p@ss/w#rd?@db/shop")).toBe("postgres://app:[secret]@db/shop");
  });

  it("keeps a JSON line a JSON line", () => {
    const line = JSON.stringify({ url: 'postgres://app:a"b@db/shop', mail: "x@example.org" });
    expect(JSON.parse(redact(line))).toEqual({
      url: "postgres://app:[secret]@db/shop",
      mail: "x@example.org",
    });
  });

  it("leaves URLs without a password alone", () => {
    for (const text of [
      "https://example.org:443/a b@c",
      "postgres://app@db/shop",
      "https://neon.tech/docs?x=a:b",
    ]) {
      expect(redact(text)).toBe(text);
    }
  });

  it("masks password= in connection strings, quoted or not", () => {
    expect(redact("host=db password=a\\ b'c user=app")).toBe("host=db password=[secret] user=app");
    expect(redact("host=db password = 'a \\'b c' user=app")).toBe(
      "host=db password = [secret] user=app",
    );
    expect(redact("PGPASSWORD=abc psql")).toBe("PGPASSWORD=[secret] psql");
    expect(redact("password='never closed\nnext line")).toBe("password=[secret]\nnext line");
  });

  it("is quick on long runs of quotes and backslashes, of which there are many readings", () => {
    registerSecret("'\\".repeat(40) + "x");
    expect(redact("'\\".repeat(2_000))).toHaveLength(4_000);
  });

  it("takes a secret as a Secret registers it, and shows none of it", () => {
    const secret = new Secret("correct horse");
    expect(redact(`${inspect({ secret })} ${JSON.stringify({ secret })} correct+horse`)).toBe(
      '{ secret: [secret] } {"secret":"[secret]"} [secret]',
    );
    // oxlint-disable-next-line typescript/no-base-to-string, typescript/restrict-template-expressions -- that it throws is the point
    expect(() => `${secret}`).toThrow("no string form");
  });
});

describe("createRedactor", () => {
  it("masks a secret at every possible cut", () => {
    registerSecret("pa'ss wörd");
    for (const write of Object.values(spellings)) {
      const text = `before ${write("pa'ss wörd")} after`;
      for (let cut = 0; cut <= text.length; cut += 1) {
        expect(redactInChunks(text, [cut])).toBe("before [secret] after");
      }
    }
  });

  it("masks passwords that nobody registered at every possible cut", () => {
    const text =
      "go postgres://app:un#known@db/shop password = 'un \\'known' password=un\\ known end";
    const expected = "go postgres://app:[secret]@db/shop password = [secret] password=[secret] end";
    for (let cut = 0; cut <= text.length; cut += 1)
      expect(redactInChunks(text, [cut])).toBe(expected);
    expect(
      redactInChunks(
        text,
        Array.from(text, (_, index) => index),
      ),
    ).toBe(expected);
  });

  it("says the same in chunks as in one piece, whatever the secrets, the text and the cuts", () => {
    const words = ["password", "=", " ", "'", '"', "\\", "://", "app:", "@", "\n", "x"];
    fc.assert(
      fc.property(
        fc.array(anySecret, { minLength: 1, maxLength: 4 }),
        fc.array(fc.oneof(fc.nat(3), fc.constantFrom(...words), fc.string({ maxLength: 5 })), {
          maxLength: 30,
        }),
        fc.constantFrom(...Object.values(spellings)),
        fc.array(fc.nat(), { maxLength: 8 }),
        (list, pieces, write, cuts) => {
          forgetSecrets();
          list.forEach(registerSecret);
          const text = pieces
            .map((piece) => (typeof piece === "number" ? write(list[piece % list.length]!) : piece))
            .join("");
          expect(redactInChunks(text, cuts)).toBe(redact(text));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("never lets a secret pass, whatever the cuts", () => {
    fc.assert(
      fc.property(
        anySecret,
        fc.string(),
        fc.string(),
        fc.array(fc.nat()),
        (secret, before, after, cuts) => {
          forgetSecrets();
          registerSecret(secret);
          const output = redactInChunks(`${before}${secret}${after}`, cuts);
          // What the mask makes together with its neighbours is not the secret that was written.
          expect(output.split(mask).some((part) => part.includes(secret))).toBe(false);
          expect(output).toContain(mask);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("gives whole lines at once", () => {
    registerSecret("hunter22");
    expect(createRedactor().push("Step 1/4: Drop FK constraints\n")).toBe(
      "Step 1/4: Drop FK constraints\n",
    );
  });

  it("does not keep back an endless text without blanks", () => {
    const redactor = createRedactor();
    expect(redactor.push("f".repeat(100_000))).toHaveLength(100_000);
  });
});
