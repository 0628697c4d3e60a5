import { lockWait } from "../../../postgres/lock-wait.ts";
import { homedir } from "node:os";
import { noted, passed, problem, warned, type CheckResult } from "../../../engine/check.ts";
import type { Param } from "../../../engine/param.ts";
import type { StepContext } from "../../../engine/step.ts";
import { connect, type Database } from "../../../postgres/database.ts";
import { describeEndpoint, type Endpoint } from "../../../postgres/endpoint.ts";
import { lacksRootCertificate } from "../../../postgres/tls.ts";
import { applicationName } from "../databases.ts";

/** `v1` or `v2`, as the messages call them. */
export type SideName = "v1" | "v2";

/** A server as it describes itself. */
export interface ServerFacts {
  readonly version: string;
  readonly role: string;
  readonly database: string;
  readonly standby: boolean;
  readonly encrypted: boolean;
  /** server_encoding: UTF8, SQL_ASCII … */
  readonly encoding: string;
  /** Size of the whole database on disk. */
  readonly bytes: string;
}

/** A session, or nothing when the server could not be reached; what is to be said of it. */
export interface Reached {
  readonly session: Database | undefined;
  readonly facts: ServerFacts | undefined;
  readonly results: readonly CheckResult[];
}

const todoOf: readonly (readonly [pattern: RegExp, todo: string])[] = [
  [
    /unsupported startup parameter|prepared statement .* (?:does not|already) exist/i,
    "A connection pooler answers: take the direct connection string.",
  ],
  [/ENOTFOUND|EAI_AGAIN/, "Look at the host's name, and at this machine's network."],
  [/ECONNREFUSED/, "Look at host and port, and whether the server is up."],
  [/ETIMEDOUT|timeout/i, "Look at the firewall (allowed addresses), and whether the server is up."],
  [
    /password authentication failed|28P01/i,
    "Look at user and password; after branching they are the parent's.",
  ],
  [
    /no pg_hba\.conf entry/i,
    "The server lets this address, user or kind of connection in nowhere: try sslmode=require.",
  ],
  [/database ".*" does not exist/i, "Look at the database's name."],
  [/role ".*" does not exist/i, "Look at the user's name."],
  [/SSL|certificate/i, "Look at sslmode and sslrootcert."],
];

/** What to look at when a server cannot be reached. */
export const adviseOnConnecting = (message: string): string =>
  todoOf.find(([pattern]) => pattern.test(message))?.[1] ?? "Look at the URL.";

const endpointOf = (context: StepContext, param: Param<Endpoint>): Endpoint | undefined =>
  context.settings.readings.get(param.name)?.value as Endpoint | undefined;

/** Opens a read-only session of its own. @throws the driver's error */
export const openSession = (context: StepContext, endpoint: Endpoint): Promise<Database> =>
  connect(endpoint, {
    readOnly: true,
    applicationName: applicationName(context),
    lockTimeout: lockWait,
    signal: context.signal,
  });

function describeFacts(side: SideName, endpoint: Endpoint, facts: ServerFacts): CheckResult[] {
  const results = [
    passed(
      `${side} answers: ${describeEndpoint(endpoint)}, PostgreSQL ${facts.version}, role ${facts.role}, ${facts.encrypted ? "encrypted" : "not encrypted"}`,
    ),
  ];
  const isLocal = /^(?:localhost$|127\.|::1$|\/)/.test(endpoint.host);
  if (facts.encrypted || isLocal) return results;
  return [
    ...results,
    warned(`the connection to ${side} is not encrypted`, {
      where: describeEndpoint(endpoint),
      todo: "Add sslmode=require to the URL.",
    }),
  ];
}

/** What our sessions can and the programs cannot is found now, not at the dump. */
function judgeRootCertificate(side: SideName, endpoint: Endpoint): CheckResult[] {
  if (!lacksRootCertificate(endpoint, homedir())) return [];
  return [
    problem(`psql and pg_dump cannot verify ${side}: they have no root certificate`, {
      where: `${describeEndpoint(endpoint)}, sslmode=${endpoint.parameters["sslmode"]}`,
      todo: "Add sslrootcert=<file> to the URL (or sslrootcert=system, with psql and pg_dump 16 or newer).",
    }),
  ];
}

async function askServer(side: SideName, endpoint: Endpoint, session: Database): Promise<Reached> {
  const [facts] = await session.ask<ServerFacts>("postgres/describe-server");
  if (facts === undefined) throw new Error("the server does not describe itself");
  return {
    session,
    facts,
    results: [...describeFacts(side, endpoint, facts), ...judgeRootCertificate(side, endpoint)],
  };
}

/**
 * Connects to a side; an error becomes a problem that names the endpoint without its secret. The session is the
 * caller's to close.
 */
export async function reachServer(
  context: StepContext,
  side: SideName,
  param: Param<Endpoint>,
): Promise<Reached> {
  const endpoint = endpointOf(context, param);
  if (endpoint === undefined)
    return {
      session: undefined,
      facts: undefined,
      results: [noted(`${side} was not asked: its URL is missing or wrong, see above`)],
    };
  let session: Database | undefined;
  try {
    session = await openSession(context, endpoint);
    return await askServer(side, endpoint, session);
  } catch (error) {
    await session?.close();
    context.signal.throwIfAborted();
    // the driver joins the errors of several addresses to one without a message
    const { message, code } = error as { message: string; code?: string };
    const said = message === "" ? (code ?? "no answer") : message;
    const result = problem(`${side} cannot be reached: ${said}`, {
      where: describeEndpoint(endpoint),
      todo: adviseOnConnecting(`${said} ${code ?? ""}`),
    });
    return { session: undefined, facts: undefined, results: [result] };
  }
}
