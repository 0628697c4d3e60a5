import type { LocalAddress } from "./database-address.ts";
import { LocalSession, type LocalAnswer } from "./local-session.ts";
import type { Execute } from "./run-wrangler.ts";
import type { Wrangler } from "./wrangler.ts";

/** Milliseconds without a question after which a database is closed: a step asks its questions close together. */
const idle = 300;

interface Open {
  readonly session: LocalSession;
  waiting: number;
  timer: NodeJS.Timeout | undefined;
}

/** Two runtimes at once find a file locked: in this process there is one for each file. */
const open = new Map<string, Open>();
const closing = new Map<string, Promise<void>>();
/** How often somebody has asked to keep a database open. */
const held = new Map<string, number>();

const keyOf = ({ stateFolder, id }: LocalAddress): string => `${stateFolder}\n${id}`;

/** Closes a local database if it is open here, before wrangler's own command opens it. */
export async function closeLocal(address: LocalAddress): Promise<void> {
  const key = keyOf(address);
  const found = open.get(key);
  if (found !== undefined) {
    clearTimeout(found.timer);
    open.delete(key);
    closing.set(
      key,
      found.session.close().finally(() => closing.delete(key)),
    );
  }
  await closing.get(key);
}

function closeWhenIdle(address: LocalAddress, found: Open): void {
  if (found.waiting > 0 || (held.get(keyOf(address)) ?? 0) > 0) return;
  found.timer = setTimeout(() => {
    if (open.get(keyOf(address)) === found) void closeLocal(address);
  }, idle);
}

/**
 * Keeps a local database open during `work`, however long it computes between its questions: each start of the runtime
 * costs a second of a processor. Wrangler's own commands close it nevertheless.
 */
export async function holdLocal<T>(address: LocalAddress, work: () => Promise<T>): Promise<T> {
  const key = keyOf(address);
  held.set(key, (held.get(key) ?? 0) + 1);
  clearTimeout(open.get(key)?.timer);
  try {
    return await work();
  } finally {
    held.set(key, (held.get(key) ?? 1) - 1);
    const found = open.get(key);
    if (found !== undefined) closeWhenIdle(address, found);
  }
}

/**
 * Asks a local database, which is opened for it and closed again when nobody asks for a while.
 * @throws Failure when the runtime does not start or ends
 */
export async function askLocal(
  execute: Execute,
  wrangler: Wrangler,
  address: LocalAddress,
  statements: readonly string[],
): Promise<LocalAnswer> {
  const key = keyOf(address);
  await closing.get(key);
  const found = open.get(key) ?? {
    session: new LocalSession(execute, wrangler, address),
    waiting: 0,
    timer: undefined,
  };
  open.set(key, found);
  clearTimeout(found.timer);
  found.waiting += 1;
  try {
    return await found.session.ask(statements);
  } catch (error) {
    if (open.get(key) === found) open.delete(key);
    throw error;
  } finally {
    found.waiting -= 1;
    closeWhenIdle(address, found);
  }
}
