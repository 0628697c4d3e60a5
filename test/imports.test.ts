import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import dataMove from "../runbooks/data-move.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** What one place may import and what it may not. */
interface Place {
  readonly file: string;
  readonly allowed: readonly string[];
  readonly refused: readonly string[];
}

const oneImporter = [
  "zx",
  "zx/core",
  "dotenv",
  "chalk",
  "ora",
  "pg",
  "libsql",
  "simple-git",
  "commander",
];
const without = (...names: string[]): string[] =>
  oneImporter.filter((name) => !names.includes(name));
const stepFiles = dataMove.steps.map(({ name }) => name);
/** The steps of d1-workspaces; a file of such a name is imported by the runbook only. */
const workspaceSteps = [
  "preflight",
  "export",
  "lint",
  "transform",
  "import",
  "validate",
  "rollback",
  "deploy-api",
  "deploy-web",
  "internal-test",
  "switch-dns",
  "keep-v1",
  "clean-up",
];

const places: readonly Place[] = [
  {
    file: "scripts/engine/run.ts",
    allowed: ["node:fs", "node:fs/promises", "zod", "./step.ts"],
    refused: [
      ...oneImporter,
      "lodash",
      "node:process",
      "node:child_process",
      "../postgres/database.ts",
      "../cloudflare/d1-database.ts",
      "../steps/data-move/params.ts",
      "../../runbooks/data-move.ts",
      "../command-line.ts",
    ],
  },
  { file: "scripts/engine/shell.ts", allowed: ["zx/core"], refused: without("zx/core", "zx") },
  { file: "scripts/engine/settings.ts", allowed: ["dotenv"], refused: without("dotenv") },
  { file: "scripts/engine/screen.ts", allowed: ["chalk", "ora"], refused: without("chalk", "ora") },
  { file: "scripts/engine/git.ts", allowed: ["simple-git"], refused: without("simple-git") },
  {
    file: "scripts/postgres/database.ts",
    allowed: ["node:fs", "pg", "zod", "./tls.ts", "./forecast/rule.ts", "../engine/failure.ts"],
    refused: [
      ...without("pg"),
      "../cloudflare/d1-database.ts",
      "../steps/data-move/params.ts",
      "../../runbooks/data-move.ts",
      "../command-line.ts",
      "../demo/project.ts",
    ],
  },
  {
    file: "scripts/postgres/forecast/rule.ts",
    allowed: ["node:fs", "./place.ts", "../catalogue.ts", "../../engine/failure.ts"],
    refused: [...without("pg"), "../../steps/data-move/params.ts", "../../command-line.ts"],
  },
  {
    file: "scripts/steps/data-move/tables.ts",
    allowed: ["node:fs", "./params.ts", "../../engine/step.ts", "../../postgres/catalogue.ts"],
    refused: [
      ...oneImporter,
      "node:child_process",
      "../../../runbooks/data-move.ts",
      "../../command-line.ts",
      "../other-move/params.ts",
      ...stepFiles.map((name) => `./${name}.ts`),
    ],
  },
  {
    file: "scripts/steps/data-move/preflight/tools.ts",
    allowed: ["./section.ts", "../params.ts", "../../../engine/step.ts"],
    refused: [
      ...oneImporter,
      "../../../../runbooks/data-move.ts",
      "../../../command-line.ts",
      "../../other-move/params.ts",
      ...stepFiles.map((name) => `../${name}.ts`),
    ],
  },
  {
    file: "scripts/cloudflare/sql-literal.ts",
    allowed: ["node:fs", "zod", "./scratch.ts", "./cell.ts", "../engine/failure.ts"],
    refused: [
      ...oneImporter,
      "node:child_process",
      "../postgres/catalogue.ts",
      "../steps/d1-workspaces/params.ts",
      "../../runbooks/d1-workspaces.ts",
      "../command-line.ts",
      "../demo/project.ts",
    ],
  },
  {
    file: "scripts/cloudflare/scratch.ts",
    allowed: ["libsql", "node:fs", "./cell.ts", "../engine/failure.ts"],
    refused: [...without("libsql"), "../steps/d1-workspaces/params.ts", "../command-line.ts"],
  },
  {
    file: "scripts/steps/d1-workspaces/tables.ts",
    allowed: [
      "node:fs",
      "zod",
      "./params.ts",
      "./cutover-params.ts",
      "../../engine/step.ts",
      "../../cloudflare/scratch.ts",
    ],
    refused: [
      ...oneImporter,
      "node:child_process",
      "../../postgres/catalogue.ts",
      "../../../runbooks/d1-workspaces.ts",
      "../../command-line.ts",
      "../data-move/params.ts",
      ...workspaceSteps.map((name) => `./${name}.ts`),
    ],
  },
  {
    file: "runbooks/d1-workspaces.ts",
    allowed: ["../scripts/engine/step.ts", "../scripts/steps/d1-workspaces/export.ts"],
    refused: [
      ...oneImporter,
      "node:fs",
      "../scripts/engine/gate.ts",
      "../scripts/cloudflare/d1-database.ts",
      "../scripts/steps/data-move/dump.ts",
      "../scripts/command-line.ts",
      "./data-move.ts",
    ],
  },
  {
    file: "runbooks/data-move.ts",
    allowed: ["../scripts/engine/step.ts", "../scripts/steps/data-move/dump.ts"],
    refused: [
      ...oneImporter,
      "node:fs",
      "../scripts/engine/shell.ts",
      "../scripts/postgres/database.ts",
      "../scripts/steps/data-move/preflight/tools.ts",
      "../scripts/steps/other-move/dump.ts",
      "../scripts/command-line.ts",
      "./other-move.ts",
    ],
  },
  {
    file: "scripts/command-line.ts",
    allowed: ["commander", "../runbooks/data-move.ts", "./engine/run.ts", "./doctor.ts"],
    refused: without("commander"),
  },
  { file: "scripts/movebook.ts", allowed: ["commander"], refused: without("commander") },
  { file: "scripts/doctor.ts", allowed: ["./postgres/programs.ts"], refused: oneImporter },
  {
    file: "scripts/demo/project.ts",
    allowed: ["../postgres/cluster.ts", "../steps/data-move/params.ts", "../command-line.ts"],
    refused: oneImporter,
  },
  {
    file: "test/engine/screen.test.ts",
    allowed: [...oneImporter, "../../scripts/postgres/database.ts"],
    refused: [],
  },
];

const lines = {
  environment: [
    "export const a = process.env.HOME;",
    "export const { env } = process;",
    'export const b = process["env"];',
  ],
  types: ['import type { Client } from "pg";', 'export { Chalk } from "chalk";'],
  hidden: ['export const c = await import("ora");', 'export const d = require("zx");'],
};

interface Finding {
  readonly filename: string;
  readonly code: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

/** Findings of some rules: file → the lines that were refused. */
function linesByFile(diagnostics: readonly Finding[], rules: RegExp): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const { filename, labels } of diagnostics.filter(({ code }) => rules.test(code))) {
    const refused = found.get(filename) ?? new Set();
    for (const { span } of labels) refused.add(span.line);
    found.set(filename, refused);
  }
  return found;
}

/** The real linter with the real settings. */
function lint(folder: string): readonly Finding[] {
  return (JSON.parse(runLinter(folder)) as { diagnostics: Finding[] }).diagnostics;
}

function runLinter(folder: string): string {
  const linter = join(root, "node_modules/oxlint/bin/oxlint");
  try {
    return execFileSync(process.execPath, [linter, "--format=json"], {
      cwd: folder,
      encoding: "utf8",
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe("the layers", () => {
  const folder = mkdtempSync(join(tmpdir(), "movebook-imports-"));
  let imports = new Map<string, Set<number>>();
  let cycles = imports;
  const write = (file: string, text: readonly string[]): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${text.join("\n")}\n`);
  };
  const refusedIn = (file: string): number[] =>
    [...(imports.get(file) ?? [])].toSorted((one, other) => one - other);

  beforeAll(() => {
    copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
    for (const { file, allowed, refused } of places)
      write(
        file,
        [...allowed, ...refused].map((name) => `import "${name}";`),
      );
    write("scripts/engine/reads-environment.ts", lines.environment);
    write("scripts/steps/data-move/reads-environment.ts", lines.environment);
    write("scripts/engine/types.ts", lines.types);
    write("scripts/engine/hidden.ts", lines.hidden);
    write("scripts/postgres/one.ts", ['export * from "./two.ts";']);
    write("scripts/postgres/two.ts", ['export * from "./one.ts";']);
    const findings = lint(folder);
    imports = linesByFile(findings, /no-restricted-imports|no-restricted-prop|no-require-imports/);
    cycles = linesByFile(findings, /no-cycle/);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(places)("hold in $file", ({ file, allowed, refused }) => {
    const names = refusedIn(file).map((line) => [...allowed, ...refused][line - 1]);
    expect(names).toEqual(refused);
  });

  it("let nobody but settings.ts read the environment", () => {
    expect(refusedIn("scripts/engine/reads-environment.ts")).toEqual([1, 2, 3]);
    expect(refusedIn("scripts/steps/data-move/reads-environment.ts")).toEqual([1, 2, 3]);
  });

  it("count types, re-exports, dynamic imports and require as imports", () => {
    expect(refusedIn("scripts/engine/types.ts")).toEqual([1, 2]);
    expect(refusedIn("scripts/engine/hidden.ts")).toEqual([1, 2]);
  });

  it("have no cycles", () => {
    expect([...cycles.keys()]).toEqual(
      expect.arrayContaining(["scripts/postgres/one.ts", "scripts/postgres/two.ts"]),
    );
  });
});
