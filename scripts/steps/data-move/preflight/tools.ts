import { clientInstallCommand, newerClientCommand } from "../../../postgres/install-command.ts";
import { noted, passed, problem, type CheckResult } from "../../../engine/check.ts";
import type { StepContext } from "../../../engine/step.ts";
import { pickProgram, type Program } from "../../../postgres/programs.ts";
import { findPrograms, type ProgramPaths, type ServerMajors } from "../programs.ts";

/** Every copy of both programs on this machine. */
export interface FoundPrograms {
  readonly pg_dump: readonly Program[];
  readonly psql: readonly Program[];
}

/** The programs that were chosen, and what is to be said about them. */
export interface ChosenPrograms {
  readonly results: readonly CheckResult[];
  readonly paths: ProgramPaths | undefined;
}

/** First minor releases that write and read `\restrict` lines. */
const restrictSince: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 };

/** True when a program of this version knows `\restrict`. */
export function knowsRestrict({ major, version }: Pick<Program, "major" | "version">): boolean {
  const minor = Number(/^\d+\.(\d+)/.exec(version)?.[1] ?? 0);
  const since = restrictSince[major];
  return since === undefined ? major >= 18 : minor >= since;
}

const describe = ({ version, path }: Program): string => `${version}: ${path}`;

function judgeMissing(
  name: string,
  found: readonly Program[],
  minimum: number,
  why: string,
  install: string,
): CheckResult {
  if (found.length === 0)
    return problem(`${name} is not on this machine`, {
      todo: `Install it: ${install} (or name its folder with PG_BIN).`,
    });
  return problem(`${name} is too old: ${why}`, {
    details: found.map(describe),
    todo: `Install ${name} ${minimum} or newer: ${newerClientCommand(install, minimum)}; or name its folder with PG_BIN.`,
  });
}

/** Says when another copy than the first one is used. */
const judgeFirst = (name: string, found: readonly Program[], chosen: Program): CheckResult[] => {
  const [first] = found;
  return first === undefined || first.path === chosen.path
    ? []
    : [noted(`the first ${name} (${describe(first)}) is too old for these servers: not used`)];
};

function judgeFit(dump: Program, psql: Program, majors: Partial<ServerMajors>): CheckResult[] {
  const { target } = majors;
  const results: CheckResult[] = [];
  if (target !== undefined && psql.major < target)
    results.push(
      noted(`psql ${psql.version} is older than v2 (${target}): it works, a newer one is better`),
    );
  if (target !== undefined && dump.major >= 17 && target < 17)
    results.push(
      noted(
        `pg_dump ${dump.version} writes a setting that v2 (${target}) does not know (transaction_timeout): the import leaves it out`,
      ),
    );
  if (knowsRestrict(dump) && !knowsRestrict(psql))
    results.push(
      noted(
        `psql ${psql.version} cannot read the \\restrict lines of pg_dump ${dump.version}: the import leaves them out; by hand, load the dump with a psql of 17.6, 16.10, 15.14, 14.19, 13.22 or newer`,
      ),
    );
  return results;
}

/**
 * Chooses the programs for these servers; versions of servers that did not answer are not looked at.
 * @param install the command that installs them
 */
export function choosePrograms(
  found: FoundPrograms,
  majors: Partial<ServerMajors>,
  install: string,
): ChosenPrograms {
  const { source = 0, target = 0 } = majors;
  // v2's schema is dumped too, before and after
  const newest = Math.max(source, target);
  const dump = pickProgram(found.pg_dump, newest);
  const psql =
    pickProgram(found.psql, target) ?? found.psql.toSorted((a, b) => b.major - a.major)[0];
  const results = [
    ...(dump === undefined
      ? [
          judgeMissing(
            "pg_dump",
            found.pg_dump,
            newest,
            `${newest > source ? "v2" : "v1"} is PostgreSQL ${newest}, and pg_dump refuses a server newer than itself`,
            install,
          ),
        ]
      : [
          passed(`pg_dump available (${describe(dump)})`),
          ...judgeFirst("pg_dump", found.pg_dump, dump),
        ]),
    ...(psql === undefined
      ? [judgeMissing("psql", found.psql, target, "", install)]
      : [passed(`psql available (${describe(psql)})`), ...judgeFirst("psql", found.psql, psql)]),
  ];
  if (dump === undefined || psql === undefined) return { results, paths: undefined };
  return {
    results: [...results, ...judgeFit(dump, psql, majors)],
    paths: { pg_dump: dump.path, psql: psql.path },
  };
}

/**
 * Chooses pg_dump and psql for the servers' versions and remembers their paths under "programs".
 * @param majors of the servers that answered
 */
export async function resolvePrograms(
  context: StepContext,
  majors: Partial<ServerMajors>,
): Promise<ChosenPrograms> {
  const found = { pg_dump: await findPrograms("pg_dump"), psql: await findPrograms("psql") };
  const chosen = choosePrograms(found, majors, clientInstallCommand());
  const isDecided = majors.source !== undefined && majors.target !== undefined;
  if (chosen.paths !== undefined && isDecided) context.remember("programs", chosen.paths);
  return chosen;
}
