import { randomInt } from "node:crypto";
import type { Database } from "./database.ts";

/** What a database is, whatever name it was reached by. */
export interface DatabaseIdentity {
  /** Made once by initdb; copies, standbys and restored snapshots keep it. Undefined: this role may not ask. */
  readonly systemIdentifier: string | undefined;
  readonly databaseOid: string;
  readonly database: string;
  /** Neon's branch. */
  readonly neonTimeline: string | null;
  readonly standby: boolean;
}

interface IdentityRow extends Omit<DatabaseIdentity, "systemIdentifier"> {
  readonly mayAskSystem: boolean;
}

/** Asks a server who it is. `inet_server_addr()` is of no use: NULL on sockets, another one after a restart. */
export async function readIdentity(db: Database): Promise<DatabaseIdentity> {
  const [row] = await db.ask<IdentityRow>("postgres/describe-identity");
  if (row === undefined) throw new Error("the server does not know its own database");
  const { mayAskSystem, ...identity } = row;
  if (!mayAskSystem) return { ...identity, systemIdentifier: undefined };
  const { id } = await db.one<{ id: string }>(
    "select system_identifier::pg_catalog.text as id from pg_catalog.pg_control_system()",
  );
  return { ...identity, systemIdentifier: id };
}

/** What two sessions have to do with each other. */
export type Kinship = "same-database" | "same-server" | "standby" | "copy" | "unrelated";

/** What is known of two sessions; `seen`: the database oid under which one sees the other's lock. */
export interface KinshipFacts {
  readonly source: DatabaseIdentity;
  readonly target: DatabaseIdentity;
  readonly seen: string | undefined;
}

/** True when both can be of one initdb: the same identifier, or one that is not known. */
const mayShareSystem = (a: DatabaseIdentity, b: DatabaseIdentity): boolean =>
  a.systemIdentifier === undefined ||
  b.systemIdentifier === undefined ||
  a.systemIdentifier === b.systemIdentifier;

const isOtherBranch = (a: DatabaseIdentity, b: DatabaseIdentity): boolean =>
  a.neonTimeline !== null && b.neonTimeline !== null && a.neonTimeline !== b.neonTimeline;

/**
 * Judges by a lock that the target holds and the source sees or not; where a standby keeps locks to itself, by
 * what both say of themselves. Equal identifiers alone prove nothing: a restored snapshot keeps them.
 */
export function judgeKinship({ source, target, seen }: KinshipFacts): Kinship {
  if (seen !== undefined)
    return seen === source.databaseOid && source.databaseOid === target.databaseOid
      ? "same-database"
      : "same-server";
  if (!mayShareSystem(source, target) || source.databaseOid !== target.databaseOid)
    return "unrelated";
  if (isOtherBranch(source, target)) return "copy";
  const isKnown = source.systemIdentifier !== undefined && target.systemIdentifier !== undefined;
  if (source.standby || target.standby)
    return isKnown || source.database === target.database ? "standby" : "unrelated";
  return isKnown ? "copy" : "unrelated";
}

/**
 * Takes a random advisory lock on the target and looks for it from the source: seen, it is one server, whatever
 * the spelling of the two URLs.
 * @returns the database oid under which the source sees the lock; undefined when it does not
 */
export async function findSharedLock(
  source: Database,
  target: Database,
): Promise<string | undefined> {
  const pair = [randomInt(2 ** 31), randomInt(2 ** 31)];
  await target.query("begin");
  try {
    await target.query("select pg_catalog.pg_advisory_xact_lock($1, $2)", pair);
    const [lock] = await source.ask<{ databaseOid: string }>("postgres/find-advisory-lock", pair);
    return lock?.databaseOid;
  } finally {
    await target.query("rollback");
  }
}

/** Both identities, and what they mean together. */
export async function readKinship(
  source: Database,
  target: Database,
): Promise<KinshipFacts & { readonly kinship: Kinship }> {
  const facts = {
    source: await readIdentity(source),
    target: await readIdentity(target),
    seen: await findSharedLock(source, target),
  };
  return { ...facts, kinship: judgeKinship(facts) };
}
