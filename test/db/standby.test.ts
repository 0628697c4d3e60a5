import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import { connect, type Database } from "../../scripts/postgres/database.ts";
import { besideProgram, listPrograms } from "../../scripts/postgres/programs.ts";
import { findServerUser, makeServerFolder } from "../../scripts/postgres/shared-cache.ts";
import {
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { checkIdentity } from "../../scripts/steps/data-move/preflight/identity.ts";
import { checkWritable } from "../../scripts/steps/data-move/preflight/readiness.ts";
import type { ServerFacts } from "../../scripts/steps/data-move/preflight/servers.ts";
import { makePreflightContext } from "./preflight-context.ts";

const [backup] = await listPrograms("pg_basebackup", { path: process.env["PATH"] });

/** A port that nobody uses at this moment. */
async function findPort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

describe.skipIf(backup === undefined)("a physical standby", () => {
  let primary: ThrowawayServer;
  let standby: ChildProcess;
  let folder: string;
  const open: Database[] = [];

  const session = async (url: string): Promise<Database> => {
    const endpoint = parseConnectionUrl(url);
    for (const deadline = Date.now() + 60_000; ; await wait(100)) {
      try {
        const database = await connect(endpoint, {
          readOnly: true,
          applicationName: "movebook test",
        });
        open.push(database);
        return database;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  };

  beforeAll(async () => {
    const settings = { wal_level: "replica", max_wal_senders: "4" };
    primary = await startThrowawayServer({ source: "machine", settings });
    const user = await findServerUser();
    folder = await makeServerFolder("movebook-standby-", user);
    const data = join(folder, "data");
    mkdirSync(data, { mode: 0o700 });
    if (user !== undefined) for (const path of [folder, data]) chownSync(path, user.uid, user.gid);
    const program = backup?.path ?? "";
    const url = new URL(primary.url("postgres"));
    execFileSync(
      program,
      [
        "-D",
        data,
        "-R",
        "-X",
        "stream",
        "-c",
        "fast",
        "-h",
        url.hostname,
        "-p",
        url.port,
        "-U",
        url.username,
      ],
      {
        ...user,
        cwd: folder,
        env: { PGPASSWORD: decodeURIComponent(url.password) },
      },
    );
    url.port = String(await findPort());
    const options = [
      "listen_addresses=127.0.0.1",
      `port=${url.port}`,
      "unix_socket_directories=",
      "hot_standby=on",
      "max_connections=60",
    ];
    const args = ["-D", data, ...options.flatMap((option) => ["-c", option])];
    standby = spawn(besideProgram({ path: program }, "postgres"), args, {
      ...user,
      cwd: folder,
      stdio: "ignore",
    });
    await session(url.href);
    await session(primary.url("postgres"));
  });

  afterAll(async () => {
    await Promise.all(open.map((database) => database.close()));
    standby.kill("SIGQUIT");
    await primary.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("of v2 is v2, although it does not show v2's locks", async () => {
    const [source, target] = open as [Database, Database];
    const { context } = makePreflightContext({ folder });
    const [result] = await checkIdentity({ context, source, target });
    expect(result).toMatchObject({
      outcome: "problem",
      text: "v1 and v2 are one database: one of them is a standby of the other",
    });
  });

  it("takes no writes", async () => {
    const [database] = open as [Database];
    const [facts] = await database.ask<ServerFacts>("postgres/describe-server");
    expect(facts?.standby).toBe(true);
    const [result] = await checkWritable(database, facts as ServerFacts);
    expect(result?.text).toBe("v2 is a standby (a read replica): it takes no writes");
  });
});
