import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { startThrowawayServer } from "../../scripts/postgres/throwaway-server.ts";
import { findClients } from "./libpq.ts";
import type { CorpusServers } from "./one-database.ts";

/** One plain dump that pg_dump wrote. */
export interface Dump {
  readonly file: string;
  readonly name: string;
  /** Plain letters: it is a database and the beginning of a role's name. */
  readonly database: string;
}

/** So many dumps are moved side by side. */
export const atATime = 2;

/** All dumps of a folder. @throws when there is no such folder, or no dump in it */
export function listDumps(folder: string): Dump[] {
  const taken = new Set<string>();
  const dumps = readdirSync(folder)
    .filter((name) => /\.sql(?:\.gz)?$/i.test(name))
    .toSorted()
    .map((file) => {
      const name = file.replace(/\.sql(?:\.gz)?$/i, "");
      const plain = name.toLowerCase().replaceAll(/\W/g, "_").slice(0, 40);
      let database = `corpus_${plain}`;
      for (let number = 2; taken.has(database); number += 1) database = `corpus_${plain}_${number}`;
      taken.add(database);
      return { file: join(folder, file), name, database };
    });
  if (dumps.length === 0)
    throw new Error(`${resolve(folder)} holds no *.sql or *.sql.gz: plain dumps of pg_dump`);
  return dumps;
}

/** Both servers, with a superuser's and Postgres' own programs. `stop` ends them. */
export async function startCorpusServers(): Promise<
  CorpusServers & { readonly stop: () => Promise<void> }
> {
  const [v1, v2] = await Promise.all([
    startThrowawayServer(),
    startThrowawayServer({ template: 2 }),
  ]);
  const stop = async (): Promise<void> => void (await Promise.all([v1.stop(), v2.stop()]));
  try {
    return { clients: await findClients(Math.max(v1.major, v2.major)), v1, v2, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
