import { existsSync } from "node:fs";
import { listProblems } from "../../engine/check.ts";
import { refused } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { withBoth } from "./databases.ts";
import { resolvePrograms } from "./preflight/tools.ts";
import type { ProgramPaths } from "./programs.ts";

const majorOf = ({ version }: { readonly version: number }): number => Math.floor(version / 10_000);

/**
 * The programs of this run: those that preflight chose, as long as they are there (a run may go on on another
 * machine), or chosen now in the same way.
 * @throws Failure (exit 3) with the install command when one is missing or too old
 */
export async function programsOf(context: StepContext): Promise<ProgramPaths> {
  const known = context.recall("programs") as ProgramPaths | undefined;
  if (known !== undefined && existsSync(known.pg_dump) && existsSync(known.psql)) return known;
  const majors = await withBoth(context, async (source, target) => ({
    source: majorOf(source),
    target: majorOf(target),
  }));
  const { paths, results } = await resolvePrograms(context, majors);
  if (paths !== undefined) return paths;
  throw refused(
    "programs are missing on this machine",
    listProblems([{ heading: "Tools:", results }]),
  );
}
