import type { Database } from "./database.ts";

interface Holder {
  readonly name: string;
  readonly role: string | null;
  readonly address: string | null;
  /** Null: a prepared transaction. */
  readonly pid: number | null;
  readonly table: string;
  readonly mode: string;
  /** False: the server keeps address, state and time from this role. */
  readonly visible: boolean;
  readonly state: string | null;
  /** The first word of its statement: more of it may hold row values. */
  readonly command: string | null;
  readonly since: string | null;
}

const describeHolder = ({ name, role, address, pid, table, mode, ...more }: Holder): string => {
  if (pid === null) return `${table}: ${mode} held by ${name} (see pg_prepared_xacts)`;
  const does = [more.state, more.command]
    .filter((word) => word !== null)
    .join(", last statement: ");
  const facts = [
    `role ${role ?? "not visible"}`,
    ...(more.visible ? [`from ${address ?? "a local socket"}`] : []),
    `server process ${pid}`,
    ...(does === "" ? [] : [does]),
    ...(more.visible ? [] : ["this role may not see from where and since when"]),
    ...(more.since === null ? [] : [`in a transaction since ${more.since}`]),
  ];
  return `${table}: ${mode} held by ${name} (${facts.join(", ")})`;
};

/** Who holds tables of this database, apart from this run: a line for each lock, without values of rows. */
export const describeHolders = async (db: Database): Promise<string[]> =>
  (await db.ask<Holder>("postgres/list-table-holders")).map(describeHolder);
