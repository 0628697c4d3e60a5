import { describe, expect, it } from "vitest";
import { countOf, sizeOf } from "../../scripts/engine/wording.ts";

describe("a count", () => {
  it.each([
    [0, "0 rows"],
    [1, "1 row"],
    [2, "2 rows"],
    [12_000, "12,000 rows"],
    [1n, "1 row"],
    [9_007_199_254_740_993n, "9,007,199,254,740,993 rows"],
  ])("of %s reads %s", (count, text) => {
    expect(countOf(count, "row")).toBe(text);
  });
});

describe("a size", () => {
  it.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1_000, "1.0 KB"],
    [1_449, "1.4 KB"],
    [9_949, "9.9 KB"],
    [9_950, "10 KB"],
    [10_000, "10 KB"],
    [999_499, "999 KB"],
    [999_500, "1.0 MB"],
    [999_999, "1.0 MB"],
    [1_400_000, "1.4 MB"],
    [999_999_999, "1.0 GB"],
    [2_500_000_000_000, "2.5 TB"],
    [1_234_000_000_000_000, "1234 TB"],
  ])("of %s bytes reads %s", (bytes, text) => {
    expect(sizeOf(bytes)).toBe(text);
  });
});
