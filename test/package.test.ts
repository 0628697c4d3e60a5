import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildDocuments } from "../scripts/documents.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../", import.meta.url));

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      { readonly dev?: boolean; readonly optionalDependencies?: Record<string, string> }
    >
  >;
}

const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;

/** What packing left behind in the checkout. */
let left: string[] = [];

/** A copy of the checkout to pack: packing compiles into the folders from which other tests start the command. */
function copyCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), "movebook-checkout-"));
  const skipped = new Set(["node_modules", "tmp", ".git"].map((name) => join(root, name)));
  cpSync(root, copy, { recursive: true, filter: (path) => !skipped.has(path) });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** An operator's project in which the packed package is unpacked, beside what it depends on and nothing else. */
async function installPacked(project: string): Promise<string[]> {
  const checkout = copyCheckout();
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", project], {
    cwd: checkout,
  });
  left = readdirSync(join(checkout, "scripts")).filter((name) => name.endsWith(".js"));
  rmSync(checkout, { recursive: true, force: true });
  const [packed] = Object.values(
    JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>,
  );
  if (packed === undefined) throw new Error("npm pack packed nothing");
  const installed = join(project, "node_modules", "movebook");
  mkdirSync(installed, { recursive: true });
  const archive = join(project, packed.filename);
  await run("tar", ["-xzf", archive, "-C", installed, "--strip-components=1"]);
  for (const [path, entry] of Object.entries(packages)) {
    const isNeeded = path !== "" && entry.dev !== true && !path.slice(1).includes("/node_modules/");
    if (!isNeeded) continue;
    mkdirSync(dirname(join(project, path)), { recursive: true });
    symlinkSync(join(root, path), join(project, path));
  }
  return packed.files.map(({ path }) => path);
}

describe("the package", () => {
  const project = mkdtempSync(join(tmpdir(), "movebook-packed-"));
  let files: string[] = [];
  const movebook = async (...args: string[]): Promise<string> => {
    const entry = join(project, "node_modules/movebook/scripts/movebook.mjs");
    const { stdout } = await run(process.execPath, [entry, ...args], { cwd: project });
    return stdout;
  };

  beforeAll(async () => {
    files = await installPacked(project);
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it("holds what is needed at run time", () => {
    expect(files).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "CHANGELOG.md",
        "package.json",
        "scripts/movebook.mjs",
        "scripts/movebook.js",
        "scripts/steps/data-move/import.js",
        "runbooks/data-move.js",
        "scripts/postgres/server-keeper.mjs",
        "sql/postgres/list-tables.sql",
        "sql/data-move/checks/find-tenant-orphans-party.sql",
        "runbooks/data-move.ts",
        ...buildDocuments(root).map(({ file }) => file),
      ]),
    );
  });

  it("is compiled when it is packed, and the checkout is clean afterwards", () => {
    expect(left).toEqual([]);
  });

  it("holds neither tests nor runs nor settings", () => {
    const allowed =
      /^(scripts|sql|runbooks)\/|^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$|^\.env\.(.*\.)?example$/;
    expect(files.filter((file) => !allowed.test(file))).toEqual([]);
    expect(files.filter((file) => /\.test\.ts$|^tmp\//.test(file))).toEqual([]);
  });

  it("runs in another project with its dependencies alone", async () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      version: string;
    };
    expect((await movebook("--version")).trim()).toBe(version);
    expect(await movebook("list")).toContain("data-move (--env dev|prod)");
    expect(await movebook("plan", "data-move", "--env", "dev")).toContain("import");
  });

  it("does not care for the tsconfig.json of that project", async () => {
    writeFileSync(join(project, "tsconfig.json"), '{ "extends": "@nowhere/tsconfig", ');
    expect(await movebook("list")).toContain("data-move (--env dev|prod)");
  });
});

describe("package-lock.json", () => {
  it("knows the programs of every platform, so that npm ci works on each", () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });
});
