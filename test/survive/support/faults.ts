import type { Hit } from "./fault-proxy.ts";
import { killHard, listDescendants } from "./processes.ts";

/** What goes wrong. All but the first two happen to a move that runs in this process. */
export const faultNames = [
  "kill -9 of movebook",
  "kill -9 of movebook and all its programs",
  "kill -9 of psql",
  "kill -9 of pg_dump",
  "kill -9 of the server process",
  "the connection is cut",
  "all connections are cut",
] as const;
export type FaultName = (typeof faultNames)[number];

/** True when movebook itself dies of it: then it runs in a process of its own. */
export const isMortal = (fault: FaultName): boolean => fault.startsWith("kill -9 of movebook");

/**
 * Lets it happen.
 * @param movebook its process
 * @param cutAll resets all connections to the server
 */
export function happen(fault: FaultName, hit: Hit, movebook: number, cutAll: () => void): void {
  if (fault === "the connection is cut") hit.cut();
  else if (fault === "all connections are cut") cutAll();
  else killHard(...listVictims(fault, hit, movebook));
}

function listVictims(fault: FaultName, { backend }: Hit, movebook: number): number[] {
  switch (fault) {
    case "kill -9 of movebook":
      return [movebook];
    case "kill -9 of movebook and all its programs":
      // movebook first: it must not see its program die
      return [movebook, ...listDescendants(movebook)];
    case "kill -9 of psql":
      return listDescendants(movebook, "psql");
    case "kill -9 of pg_dump":
      return listDescendants(movebook, "pg_dump");
    default:
      return backend === undefined ? [] : [backend];
  }
}
