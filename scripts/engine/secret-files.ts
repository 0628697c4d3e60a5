import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const live = new Set<string>();

const remove = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true });
  live.delete(folder);
};

// also when we leave at once, as after the second Ctrl-C
process.on("exit", () => {
  for (const folder of live) remove(folder);
});

/** Secret files of one command: the variables that name them, and how to take them away. */
export interface SecretFiles {
  readonly variables: Readonly<Record<string, string>>;
  readonly remove: () => void;
}

/**
 * Writes secret files (0600) into a folder of their own (0700). Its name holds our process id, so that a later call
 * can tell those of a killed process from those in use.
 * @param contents variable that gets the path → content maker
 */
export function writeSecretFiles(
  contents: Readonly<Record<string, () => string>>,
  folder: string,
): SecretFiles {
  const entries = Object.entries(contents);
  if (entries.length === 0) return { variables: {}, remove: () => undefined };
  const own = mkdtempSync(join(folder, `.secret-${process.pid}-`));
  live.add(own);
  try {
    const variables = entries.map(([variable, make]) => {
      const file = join(own, variable);
      writeFileSync(file, make(), { mode: 0o600, flag: "wx" });
      return [variable, file] as const;
    });
    return { variables: Object.fromEntries(variables), remove: () => remove(own) };
  } catch (error) {
    remove(own);
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** Takes away the secret files that a killed process left in a folder. */
export function removeLeftSecrets(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /^\.secret-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}
