import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Screen } from "../engine/screen.ts";
import { runMovebook } from "./child.ts";

/** The demo did not go as it says that it goes: a defect, or the machine's doing. */
export class DemoError extends Error {}

/** The demo was told to stop. */
export class DemoCancelled extends Error {}

/** A call of movebook that went as told. */
export interface Called {
  readonly seconds: number;
}

/** Runs one command for everyone to see. @throws DemoError when it ends otherwise than told, DemoCancelled when it was interrupted */
export async function call(
  screen: Screen,
  project: string,
  args: readonly string[],
  expected: number,
): Promise<Called> {
  const began = performance.now();
  const code = await runMovebook(screen, project, args);
  if (code === 130) throw new DemoCancelled();
  screen.line();
  if (code !== expected)
    throw new DemoError(`movebook ${args.join(" ")} ended with exit code ${code}, not ${expected}`);
  screen.good(`exit code ${code}, as it should be`);
  return { seconds: (performance.now() - began) / 1000 };
}

/** The newest file below a folder of runs whose name begins with a text. */
export function findNewest(runs: string, prefix: string): string | undefined {
  const files = readdirSync(runs, { recursive: true, encoding: "utf8" })
    .filter((name) => (name.split(/[\\/]/).at(-1) ?? "").startsWith(prefix))
    .map((name) => join(runs, name));
  return files.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}
