import type { Problem } from "../engine/failure.ts";
import { readDriverError } from "./errors.ts";

/** SQLSTATE classes whose messages name objects and never row values: connection, feature, syntax and access, state, resources. */
const speakable = /^(?:08|0A|25|3D|3F|42|53|54|55|57)/u;

/** True when messages of that SQLSTATE may stand on a screen. */
export const isSpeakable = (sqlstate: string): boolean => speakable.test(sqlstate);

/**
 * An error of the server as parts of a problem: its message in `what` when messages of its class hold no row values,
 * otherwise in `rows`, which only the report shows.
 * @param failure what could not be done: "materialized view Totals cannot be refreshed"
 */
export function describeServerError(
  failure: string,
  error: unknown,
): Pick<Problem, "what" | "rows"> {
  const server = readDriverError(error);
  const more = server?.detail === undefined ? [] : [server.detail];
  const message = error instanceof Error ? error.message : String(error);
  if (server === undefined || isSpeakable(server.sqlstate))
    return { what: `${failure}: ${message}`, ...(more.length === 0 ? {} : { rows: more }) };
  return {
    what: `${failure} (SQLSTATE ${server.sqlstate}; the message is in the report)`,
    rows: [message, ...more],
  };
}
