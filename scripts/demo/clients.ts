import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Screen } from "../engine/screen.ts";
import { environmentVariable } from "../engine/settings.ts";
import { listPrograms, type Program } from "../postgres/programs.ts";

const needed = ["psql", "pg_dump"] as const;

/** Every copy of a program on this machine. */
export type FindPrograms = (name: string) => Promise<readonly Program[]>;

const findOnMachine: FindPrograms = (name) =>
  listPrograms(name, { pgBin: environmentVariable("PG_BIN"), path: environmentVariable("PATH") });

/**
 * What is missing of psql and pg_dump, in one line with the command that installs it; undefined when both are there.
 * @param minimumMajor pg_dump refuses a server newer than itself
 */
export async function explainMissingClients(
  minimumMajor: number,
  installCommand: string,
  find: FindPrograms = findOnMachine,
): Promise<string | undefined> {
  const missing: string[] = [];
  for (const name of needed) {
    const found = await find(name);
    if (found.length === 0) missing.push(name);
    else if (name === "pg_dump" && found.every(({ major }) => major < minimumMajor))
      missing.push(`pg_dump ${minimumMajor} or newer`);
  }
  if (missing.length === 0) return undefined;
  const what = `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not on this machine`;
  return isRunnable(installCommand)
    ? `${what}; install with: ${installCommand} (npm run demo -- --install runs it)`
    : `${what}; ${installCommand}`;
}

/** Not every system has a command: there the text says where to look. */
const isRunnable = (command: string): boolean => !command.startsWith("see ");

async function runShown(screen: Screen, command: string): Promise<boolean> {
  screen.line(`$ ${command}`);
  const child = spawn(command, { shell: true, stdio: "inherit" });
  const [code] = await once(child, "exit");
  return code === 0;
}

/** Runs the install command with its output on the screen. @returns whether it ended with exit code 0 */
export async function installClients(screen: Screen, command: string): Promise<boolean> {
  if (!isRunnable(command)) return false;
  if (await runShown(screen, command)) return true;
  // a fresh container has no package lists
  const update = /^(?<apt>(?:sudo )?apt-get) install/.exec(command)?.groups?.["apt"];
  return (
    update !== undefined &&
    (await runShown(screen, `${update} update`)) &&
    runShown(screen, command)
  );
}
