import { refused } from "../../engine/failure.ts";
import { environmentVariable } from "../../engine/settings.ts";
import type { StepContext } from "../../engine/step.ts";
import { clientInstallCommand } from "../../postgres/install-command.ts";
import { listPrograms, pickProgram, type Program } from "../../postgres/programs.ts";
import { withBoth } from "./databases.ts";

/** Absolute paths of the programs that a run uses. */
export interface ProgramPaths {
  readonly pg_dump: string;
  readonly psql: string;
}

/** The oldest major of each program that does for these servers: pg_dump refuses a server newer than itself. */
export interface ServerMajors {
  readonly source: number;
  readonly target: number;
}

/** Every copy of a program on this machine: PG_BIN, PATH, the usual folders. */
export const findPrograms = (name: keyof ProgramPaths): Promise<Program[]> =>
  listPrograms(name, { pgBin: environmentVariable("PG_BIN"), path: environmentVariable("PATH") });

/**
 * The programs of this run: those that preflight chose, or chosen now.
 * @throws Failure (exit 3) with the install command when one is missing or too old
 */
export async function programsOf(context: StepContext): Promise<ProgramPaths> {
  const known = context.recall("programs") as ProgramPaths | undefined;
  if (known !== undefined) return known;
  const majors = await withBoth(context, async (source, target) => ({
    source: Math.floor(source.version / 10_000),
    target: Math.floor(target.version / 10_000),
  }));
  const dump = pickProgram(await findPrograms("pg_dump"), majors.source);
  const psql =
    pickProgram(await findPrograms("psql"), majors.target) ?? (await findPrograms("psql"))[0];
  if (dump === undefined || psql === undefined) {
    const name = dump === undefined ? `pg_dump ${majors.source} or newer` : "psql";
    throw refused(`${name} is not on this machine`, [
      { what: `${name} was not found`, todo: `Install it: ${clientInstallCommand()}` },
    ]);
  }
  return { pg_dump: dump.path, psql: psql.path };
}
