import path from "node:path";
import { refused, type Failure, type Problem } from "../engine/failure.ts";

const exportAgain = "Export v1 again and do not open the file in between.";

/** A dump that cannot be read. Names file and line, never what stands there: that may be a row. */
export function refuseDump(
  file: string,
  what: string,
  line?: number,
  facts: Omit<Problem, "what"> = {},
): Failure {
  const name = path.basename(file);
  const place = line === undefined ? name : `line ${line} of ${name}`;
  const where = facts.where === undefined ? place : `${facts.where}, ${place}`;
  return refused(`The dump ${name} cannot be read`, [{ what, todo: exportAgain, ...facts, where }]);
}
