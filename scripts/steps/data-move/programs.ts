import { environmentVariable } from "../../engine/settings.ts";
import { listPrograms, type Program } from "../../postgres/programs.ts";

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
