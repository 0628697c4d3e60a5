import { setTimeout as wait } from "node:timers/promises";
import type { Database } from "./database.ts";

/** Another client of a database; `state` is null when this role may not see it. */
export interface OtherClient {
  readonly pid: number;
  readonly application: string;
  readonly role: string;
  readonly state: string | null;
  /** Its transaction has written something. */
  readonly writing: boolean;
}

/** What other clients were seen to do within a while. */
export interface OtherActivity {
  /** Everyone who was connected at some moment; `writing` if it was at any. */
  readonly clients: readonly OtherClient[];
  /** Rows that were written to application tables meanwhile, as far as the server counts them. */
  readonly writtenRows: bigint;
  /** Transactions that wrote meanwhile; undefined when they may be another database's or autovacuum's. */
  readonly writingTransactions: bigint | undefined;
  readonly milliseconds: number;
}

interface Counters {
  readonly rows: string;
  readonly transactions: string | null;
  readonly othersMayWrite: boolean;
}

async function readCounters(db: Database): Promise<Counters> {
  const [counters] = await db.ask<Counters>("postgres/count-written-rows");
  if (counters === undefined) throw new Error("the server did not say what it counted");
  return counters;
}

const listClients = (db: Database): Promise<OtherClient[]> => db.ask("postgres/list-other-clients");

function countTransactions(before: Counters, after: Counters): bigint | undefined {
  if (before.othersMayWrite || after.othersMayWrite) return undefined;
  if (before.transactions === null || after.transactions === null) return undefined;
  return BigInt(after.transactions) - BigInt(before.transactions);
}

/** The sessions of before are asked again and again: a short transaction is seen only while it lasts. */
async function watch(db: Database, known: Map<number, OtherClient>, until: number): Promise<void> {
  while (Date.now() < until) {
    await wait(100);
    for (const client of await listClients(db)) {
      const writing = client.writing || known.get(client.pid)?.writing === true;
      known.set(client.pid, { ...client, writing });
    }
  }
}

/**
 * Watches what other clients do in a database. Our own sessions (`movebook …`) and the server's do not count. When
 * nobody else is connected there is nothing to wait for.
 * @param milliseconds how long; servers publish their counters once a second, so at least 1,200
 */
export async function watchOtherClients(
  db: Database,
  milliseconds = 1_500,
): Promise<OtherActivity> {
  const known = new Map((await listClients(db)).map((client) => [client.pid, client]));
  if (known.size === 0)
    return { clients: [], writtenRows: 0n, writingTransactions: 0n, milliseconds: 0 };
  const before = await readCounters(db);
  await watch(db, known, Date.now() + milliseconds);
  const after = await readCounters(db);
  const rows = BigInt(after.rows) - BigInt(before.rows);
  return {
    clients: [...known.values()],
    // a dropped table takes its counter along
    writtenRows: rows > 0n ? rows : 0n,
    writingTransactions: countTransactions(before, after),
    milliseconds,
  };
}
