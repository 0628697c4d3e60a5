import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FoldedText, foldText } from "../../scripts/cloudflare/dump-cell.ts";
import { repairText } from "../../scripts/cloudflare/repair.ts";

const fold = (text: string): FoldedText =>
  new FoldedText(foldText(text), text.includes("\n"), text.includes("\r"));

describe("folded JSON", () => {
  it("is mended byte for byte, whatever it holds and however it is printed", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(1, 2, 4, "\t"),
        fc.constantFrom("\n", "\r\n"),
        (value, indent, newline) => {
          const text = `${JSON.stringify(value, undefined, indent)}\n`.replaceAll("\n", newline);
          expect(repairText(fold(text))).toBe(text);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("keeps escapes inside of strings, with any number of backslashes before them", () => {
    const text = '{\n"a": "one\\ntwo\\\\n\\\\\\n \\"\\n"\n}';
    expect(repairText(fold(text))).toBe(text);
  });

  it.each([
    ["is no JSON", "a\nb\\n"],
    ["breaks off", '{"a":\n1\n'],
    ["has a raw newline inside of a string and none outside", '{"a":"x\ny\\n"}'],
    ["has a newline outside, and a carriage return inside of a string only", '{"a":"x\ry\\r"}\n'],
    ["has another backslash outside of strings", "[1,\n\\t2]"],
  ])("is left alone when it %s", (_why, text) => {
    expect(repairText(fold(text))).toBeUndefined();
  });
});
