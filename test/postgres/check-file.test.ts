import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listCheckFiles, parseCheckFile } from "../../scripts/postgres/check-file.ts";
import { sqlFolder } from "../../scripts/engine/sql-file.ts";

describe("a check file", () => {
  it("says its question and what it needs", () => {
    const check = parseCheckFile(
      "/p/find-orphans.sql",
      '-- Which are orphans?\n-- needs: Animal, Party.id, audit.Entry.at, "odd.name"."a,b"\nselect 1;\n',
    );
    expect(check.name).toBe("find-orphans");
    expect(check.question).toBe("Which are orphans?");
    expect(check.needs).toEqual([
      ["Animal"],
      ["Party", "id"],
      ["audit", "Entry", "at"],
      ["odd.name", "a,b"],
    ]);
  });
  it("keeps its whole text, semicolons and comments too", () => {
    const text = "-- q\nselect ';' -- ; select\n;\n";
    expect(parseCheckFile("/p/a.sql", text).sql).toBe(text);
  });
  it("is called by its name when it asks no question", () => {
    expect(parseCheckFile("/p/find-x.sql", "select 1").question).toBe("find-x");
    expect(parseCheckFile("/p/find-x.sql", "-- needs: A\r\nselect 1").needs).toEqual([["A"]]);
  });
  it("is read from every folder, each folder once", () => {
    const folder = mkdtempSync(join(tmpdir(), "checks-"));
    mkdirSync(join(folder, "own"));
    symlinkSync(join(folder, "own"), join(folder, "same"));
    for (const name of ["b.sql", "a.sql", "note.txt"])
      writeFileSync(join(folder, "own", name), "select 1");
    const found = listCheckFiles([join(folder, "own"), join(folder, "same"), join(folder, "none")]);
    expect(found.map(({ name }) => name)).toEqual(["a", "b"]);
    rmSync(folder, { recursive: true });
  });
  it("of the package asks one question and names what it needs", () => {
    const checks = listCheckFiles([sqlFolder("data-move/checks")]);
    expect(checks).toHaveLength(14);
    for (const check of checks) {
      expect(check.question).toMatch(/\?$/u);
      expect(check.needs.length).toBeGreaterThan(1);
    }
  });
});
