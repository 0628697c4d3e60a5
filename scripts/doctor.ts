import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import {
  noted,
  passed,
  problem,
  listProblems,
  type CheckResult,
  type CheckSection,
} from "./engine/check.ts";
import { exitCodes, type ExitCode } from "./engine/failure.ts";
import type { Screen } from "./engine/screen.ts";
import { environmentVariable, readSettings } from "./engine/settings.ts";
import type { Runbook } from "./engine/step.ts";
import { examineWrangler } from "./cloudflare/examine-wrangler.ts";
import { clientInstallCommand } from "./postgres/install-command.ts";
import { listPrograms } from "./postgres/programs.ts";

function examineNode(): CheckResult {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  const text = `Node ${process.versions.node}`;
  return enough
    ? passed(text)
    : problem(`${text} is too old`, { todo: "Install Node 20.19 or newer." });
}

async function examineProgram(name: string): Promise<CheckResult[]> {
  const found = await listPrograms(name, {
    pgBin: environmentVariable("PG_BIN"),
    path: environmentVariable("PATH"),
  });
  if (found.length > 0)
    return found.map(({ path, version }) => passed(`${name} ${version}: ${path}`));
  const todo = `Install it: ${clientInstallCommand()}`;
  return [problem(`${name} is not on this machine`, { todo })];
}

function examineFolder(projectFolder: string): CheckResult {
  const tmp = join(projectFolder, "tmp");
  const folder = existsSync(tmp) ? tmp : projectFolder;
  try {
    accessSync(folder, constants.W_OK);
    return passed(`${folder} can be written to`);
  } catch {
    return problem(`${folder} cannot be written to`, {
      todo: "Journals, dumps and reports go to tmp/ in it.",
    });
  }
}

function examineSettings(runbook: Runbook, projectFolder: string): CheckResult[] {
  return runbook.environments.flatMap((environment) => {
    const { readings, files } = readSettings(runbook.params, environment, projectFolder);
    const missing = [...readings.values()].filter(
      ({ param, from }) => param.required && from === "missing",
    );
    const wrong = [...readings.values()].filter(({ error }) => error !== undefined);
    return [
      missing.length === 0
        ? passed(`${environment}: all required variables are set`)
        : noted(
            `${environment}: not set: ${missing.map(({ place }) => `${place.variable} (${place.file})`).join(", ")}`,
          ),
      ...wrong.map(({ place, error }) =>
        problem(`${place.variable}: ${error}`, { where: place.file }),
      ),
      ...files.flatMap(({ warnings }) =>
        warnings.map(({ file, line, message }) => noted(`${file}:${line}: ${message}`)),
      ),
    ];
  });
}

/** What one runbook needs on this machine, by the runbook's name. */
const programsOf: Readonly<Record<string, (projectFolder: string) => Promise<CheckResult[]>>> = {
  "data-move": async () => [
    ...(await examineProgram("pg_dump")),
    ...(await examineProgram("psql")),
  ],
  "d1-workspaces": async (projectFolder) => examineWrangler(projectFolder),
};

async function examinePrograms(
  { name }: Runbook,
  projectFolder: string,
): Promise<CheckSection | undefined> {
  const results = await programsOf[name]?.(projectFolder);
  return results === undefined ? undefined : { heading: `Programs of ${name}:`, results };
}

/**
 * Looks at the machine and the project; connects nowhere.
 * @param runbooks those whose needs are looked for
 * @returns 0, or 3 when something that is needed is missing
 */
export async function examine(
  screen: Screen,
  projectFolder: string,
  runbooks: readonly Runbook[],
): Promise<ExitCode> {
  const programs = await Promise.all(
    runbooks.map((runbook) => examinePrograms(runbook, projectFolder)),
  );
  const sections: CheckSection[] = [
    { heading: "Programs:", results: [examineNode()] },
    ...programs.filter((section) => section !== undefined),
    { heading: "Project:", results: [examineFolder(projectFolder)] },
    ...runbooks.map((runbook) => ({
      heading: `Settings of ${runbook.name}:`,
      results: examineSettings(runbook, projectFolder),
    })),
  ];
  for (const section of sections) screen.section(section);
  const problems = listProblems(sections);
  if (problems.length === 0) screen.good("this machine has what the runbooks need");
  else
    screen.bad(
      problems.length === 1 ? "1 thing is missing" : `${problems.length} things are missing`,
    );
  return problems.length === 0 ? exitCodes.done : exitCodes.refused;
}
