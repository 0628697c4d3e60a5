import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { examineWrangler } from "../../scripts/cloudflare/examine-wrangler.ts";
import { compareMarker, readMarker, writeMarker } from "../../scripts/cloudflare/state-folder.ts";
import { compareVersions, satisfiesMinimum } from "../../scripts/cloudflare/wrangler-version.ts";
import { findWrangler } from "../../scripts/cloudflare/wrangler.ts";

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "movebook-project-"));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function install(folder: string, version: string, node = ">=20.3.0"): void {
  const place = join(project, folder, "node_modules/wrangler");
  mkdirSync(place, { recursive: true });
  writeFileSync(
    join(place, "package.json"),
    JSON.stringify({ version, bin: { wrangler: "./bin/wrangler.js" }, engines: { node } }),
  );
}

const node = "20.19.0";
const nobody = (): undefined => undefined;

describe("the wrangler of a move", () => {
  test("is the project's own, run by this Node without npx", () => {
    install(".", "4.90.1");
    expect(findWrangler(project, { node })).toEqual({
      version: "4.90.1",
      program: process.execPath,
      args: [join(project, "node_modules/wrangler/bin/wrangler.js")],
      from: "project",
    });
  });

  test("may stand in a folder above, or in one that is named", () => {
    install(".", "4.90.1");
    install("apps/v2", "4.99.0");
    expect(findWrangler(join(project, "apps"), { node }).version).toBe("4.90.1");
    expect(findWrangler(project, { node, folders: ["apps/v2"] }).version).toBe("4.99.0");
  });

  test("is movebook's, with a note, when the project's is too old or needs another Node", () => {
    install(".", "3.114.0");
    expect(findWrangler(project, { node })).toMatchObject({
      from: "movebook",
      version: "4.86.0",
      note: "the project's wrangler 3.114.0 is older than 4.86.0",
    });
    install(".", "4.164.0", ">=22.0.0");
    expect(findWrangler(project, { node }).note).toBe(
      "the project's wrangler 4.164.0 needs Node >=22.0.0, and this is Node 20.19.0",
    );
    expect(findWrangler(project, { node: "24.1.0" })).toMatchObject({ version: "4.164.0" });
  });

  test("is refused with the install command, when there is none", () => {
    expect(() => findWrangler(project, { own: nobody })).toThrow("wrangler is not installed");
    expect(examineWrangler(project, { own: nobody })).toMatchObject([
      {
        outcome: "problem",
        problem: { todo: "Install it in the project: npm install --save-dev wrangler@4.86.0" },
      },
    ]);
    expect(examineWrangler(project)).toMatchObject([
      { outcome: "passed", text: "wrangler 4.86.0 (movebook's)" },
    ]);
  });
});

describe("versions", () => {
  test("are compared by their numbers", () => {
    expect(compareVersions("4.86.0", "4.100.0")).toBe(-1);
    expect(compareVersions("4.86.0", "4.86")).toBe(0);
    expect(compareVersions("5.0.0", "4.100.9")).toBe(1);
  });

  test.each([
    ["20.19.0", ">=20.3.0", true],
    ["20.19.0", ">=22.0.0", false],
    ["20.19.0", "^20.19 || >=22.12", true],
    ["21.0.0", "^20.19 || >=22.12", false],
    ["22.11.0", ">= 20 <22", false],
    ["20.19.0", "*", true],
  ])("Node %s and %s: %s", (version, range, fits) => {
    expect(satisfiesMinimum(version, range)).toBe(fits);
  });
});

describe("a state folder", () => {
  test("is not opened by an older wrangler than the one that wrote it", () => {
    const state = join(project, "state");
    expect(compareMarker(state, "4.86.0").outcome).toBe("passed");
    writeMarker(state, "4.86.0");
    expect(compareMarker(state, "4.86.0").outcome).toBe("passed");
    expect(compareMarker(state, "4.90.0").outcome).toBe("warned");
    writeMarker(state, "4.90.0");
    writeMarker(state, "4.86.0");
    expect(readMarker(state)).toEqual({ version: "4.90.0" });
    expect(compareMarker(state, "4.86.0")).toMatchObject({
      outcome: "problem",
      problem: { todo: expect.stringContaining("wrangler@4.90.0") as string },
    });
  });

  test("without a marker, or with a broken one, is noted", () => {
    mkdirSync(join(project, "v3"));
    writeFileSync(join(project, "movebook-wrangler.json"), "{");
    expect(compareMarker(project, "4.86.0").outcome).toBe("noted");
  });
});
