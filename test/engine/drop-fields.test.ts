import fc from "fast-check";
import { expect, test } from "vitest";
import { DropFields } from "../../scripts/engine/drop-fields.ts";

const drop = (text: string, skipped: readonly number[]): string =>
  text
    .split("\n")
    .map((line) =>
      line
        .split("\t")
        .filter((_, index) => !skipped.includes(index))
        .join("\t"),
    )
    .join("\n");

/** Cuts a text into chunks of these sizes, and the rest. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

function pass(text: string, skipped: readonly number[], sizes: readonly number[]): string {
  const filter = new DropFields(skipped);
  const chunks = cut(Buffer.from(text), sizes).map((chunk) => Buffer.from(filter.push(chunk)));
  return Buffer.concat(chunks).toString();
}

const field = fc.string({ unit: fc.constantFrom("a", "ß", "✓", " ", "\\", "\\t", "\\N", "") });

test("leaves out fields as splitting by hand does, wherever the chunks are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(field, { minLength: 1, maxLength: 6 }), { maxLength: 8 }),
      fc.uniqueArray(fc.nat(5), { maxLength: 4 }),
      fc.array(fc.nat(7)),
      (rows, skipped, sizes) => {
        const text = rows.map((row) => `${row.join("\t")}\n`).join("");
        expect(pass(text, skipped, sizes)).toBe(drop(text, skipped));
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ["a\tb\tc\n", [0], "b\tc\n"],
  ["a\tb\tc\n", [1], "a\tc\n"],
  ["a\tb\tc\n", [2], "a\tb\n"],
  ["a\tb\tc\n", [0, 1, 2], "\n"],
  ["\t\t\n", [0], "\t\n"],
  ["a\tb", [0], "b"],
  ["\\.\n", [1], "\\.\n"],
])("of %j without %j is left %j", (text, skipped, expected) => {
  expect(pass(text, skipped, [])).toBe(expected);
  expect(pass(text, skipped, [1, 1, 1, 1, 1])).toBe(expected);
});

test("the buffer that it gives back is its own", () => {
  const filter = new DropFields([1]);
  const chunk = Buffer.from("a\tb\n");
  const out = filter.push(chunk);
  chunk.fill(0);
  expect(out.toString()).toBe("a\n");
});
