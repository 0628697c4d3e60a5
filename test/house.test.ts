import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runbooks } from "../scripts/runbooks.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

describe("the house", () => {
  const filesBelow = (folder: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|mjs)$/.test(file))
      .map((file) => join(folder, file));
  const read = (file: string): string => readFileSync(join(root, file), "utf8");
  const holding = (folder: string, pattern: RegExp): string[] =>
    filesBelow(folder).filter((file) => pattern.test(read(file)));

  it("keeps databases out of the engine, to the word", () => {
    expect(filesBelow("scripts/engine").length).toBeGreaterThan(10);
    expect(holding("scripts/engine", /postgres|psql|wrangler|cloudflare|sqlite|\bd1\b/i)).toEqual(
      [],
    );
  });

  it("reads the environment in one file", () => {
    expect(holding("scripts", /process\??\.\s*env\b/)).toEqual(["scripts/engine/settings.ts"]);
  });

  it.each(runbooks)("has a file for each step of $name, of the step's name", ({ name, steps }) => {
    for (const step of steps)
      expect(existsSync(join(root, `scripts/steps/${name}/${step.name}.ts`)), step.name).toBe(true);
  });

  it.each(runbooks)("has steps of $name in its own environments only", (runbook) => {
    for (const { environments = [] } of runbook.steps)
      expect(runbook.environments).toEqual(expect.arrayContaining([...environments]));
  });

  it("has every runbook file in the list of runbooks", () => {
    const files = filesBelow("runbooks").map((file) => file.replace(/^runbooks\/|\.ts$/g, ""));
    expect(files.toSorted()).toEqual(runbooks.map(({ name }) => name).toSorted());
  });

  it("has runbooks that are lists: no function bodies and no if", () => {
    expect(filesBelow("runbooks")).not.toEqual([]);
    expect(holding("runbooks", /=>|\bfunction\b|\bif\b|\?/)).toEqual([]);
  });

  it("switches no layer rule off in a comment", () => {
    expect(holding("scripts", /(ox|es)lint-disable(?!.* (typescript|unicorn)\/).*/)).toEqual([]);
  });

  it("names every package that it depends on in the linter's settings", () => {
    const { dependencies } = JSON.parse(read("package.json")) as {
      dependencies: Record<string, string>;
    };
    const settings = read(".oxlintrc.json");
    const nowhere = Object.keys(dependencies).filter(
      (name) => !new RegExp(`"!${name}["/]`).test(settings),
    );
    expect(nowhere).toEqual([]);
  });
});
