import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { environmentVariable } from "../../scripts/engine/settings.ts";
import { atATime, listDumps, startCorpusServers } from "./dumps.ts";
import { moveDump } from "./one-database.ts";

/* Whole databases of other people: moved with the real command, and compared byte for byte by Postgres' own programs. */

const named = environmentVariable("MOVEBOOK_CORPUS");
const beside = fileURLToPath(new URL("../../../shared/corpus", import.meta.url));
const folder = named === undefined ? beside : resolve(named);
/** A folder that was named and is not there is a failure. */
const isThere = named !== undefined || existsSync(beside);
const dumps = isThere
  ? listDumps(folder)
  : [
      {
        name: "None: no ../shared/corpus; MOVEBOOK_CORPUS=<folder of *.sql, *.sql.gz> names one: it",
        file: "",
        database: "",
      },
    ];

describe.concurrent("a database that others have made", () => {
  vi.setConfig({ maxConcurrency: atATime });
  const logs = mkdtempSync(join(tmpdir(), "movebook-corpus-"));
  let servers: Awaited<ReturnType<typeof startCorpusServers>> | undefined;
  beforeAll(async () => {
    servers = isThere ? await startCorpusServers() : undefined;
  });
  afterAll(async () => {
    await servers?.stop();
    // a move that failed has left its log there
    try {
      rmdirSync(logs);
    } catch {
      // kept
    }
  });

  it.skipIf(!isThere).for(dumps)("$name arrives, and leaves v2 as it was", async (dump) => {
    if (servers === undefined) throw new TypeError("the servers were not started");
    const { file, database } = dump;
    const { faults, tables } = await moveDump(servers, file, database, join(logs, database));
    expect(faults).toEqual([]);
    expect(tables).toBeGreaterThan(0);
  });
});
