import { failed } from "../engine/failure.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";
import { isConnectionLost, readDriverError } from "./errors.ts";

/** A table was not let go of in time. `withDatabase` turns it into a Failure that says who holds it. */
export class LockWaitError extends Error {
  readonly endpoint: Endpoint;

  constructor(endpoint: Endpoint, cause: unknown) {
    super("another session holds the table (lock timeout, SQLSTATE 55P03)", { cause });
    this.endpoint = endpoint;
  }
}

/** What the driver threw, told by what it means when that is a matter of the session and not of the statement. */
export function sortOut(endpoint: Endpoint, thrown: unknown): unknown {
  if (readDriverError(thrown)?.sqlstate === "55P03") return new LockWaitError(endpoint, thrown);
  if (!isConnectionLost(thrown)) return thrown;
  const place = describeEndpoint(endpoint);
  const problem = {
    what: `the server or the network has ended the session: ${(thrown as Error).message}`,
    where: place,
    todo: "Look whether that server is up and reachable, then go on: a transaction that it had not committed is undone.",
  };
  return failed(`the connection to ${place} was lost`, [problem], { cause: thrown });
}
