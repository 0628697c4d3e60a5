import { hostname, userInfo } from "node:os";

/** Who calls, on which machine: `ann@laptop`. */
export function operatorName(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // a user id without a name, as in some containers
    return `uid ${process.getuid?.() ?? "?"}@${hostname()}`;
  }
}
