import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { childEnvironment, environmentVariable } from "../../scripts/engine/settings.ts";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import { quoteIdentifier } from "../../scripts/postgres/identifier.ts";
import { listPrograms } from "../../scripts/postgres/programs.ts";
import { buildPassFile, buildServiceFile } from "../../scripts/postgres/service-file.ts";
import {
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "service-file-"));
const searchPath = { pgBin: environmentVariable("PG_BIN"), path: environmentVariable("PATH") };
const psql = (await listPrograms("psql", searchPath))[0]?.path;
let server: ThrowawayServer;

beforeAll(async () => {
  server = await startThrowawayServer();
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.stop();
});

/** What psql answers when argv says `service=v1` only. */
async function askPsql(
  url: string,
  extra: Record<string, string>,
  question: string,
): Promise<string> {
  const endpoint = parseConnectionUrl(url);
  const files = { PGSERVICEFILE: join(folder, "service"), PGPASSFILE: join(folder, "pass") };
  writeFileSync(files.PGSERVICEFILE, buildServiceFile("v1", endpoint, extra), { mode: 0o600 });
  writeFileSync(files.PGPASSFILE, buildPassFile(endpoint), { mode: 0o600 });
  const { stdout } = await run(
    psql ?? "psql",
    ["-X", "-w", "-At", "-d", "service=v1", "-c", question],
    {
      env: { ...childEnvironment(), ...files },
    },
  );
  return stdout.trimEnd();
}

describe.skipIf(psql === undefined)("service and password files, read by the real psql", () => {
  it.each([
    ["plain", "shop", "word"],
    ["a:b\\c", "my shop=x", "p:w\\#' \"@/?%"],
    [" leading'", "#shop", " blanks "],
    ["ends with ü", "[shop]", "\\"],
    ["Capital", "postgres://x", "carriage return\r"],
  ])("connect as %s to %s", async (user, database, password) => {
    await server.createRole(user, { password });
    await server.psql("postgres", `create database ${quoteIdentifier(database)}`);
    const [head, rest] = [
      `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}`,
      encodeURIComponent(database),
    ];
    const url = `${head}@${server.host}:${server.port}/${rest}`;
    const question = "select current_user || '|' || current_database()";
    expect(await askPsql(url, {}, question)).toBe(`${user}|${database}`);
  });

  it("let our options win over the URL's", async () => {
    const url = `${server.url("postgres")}?options=-c%20default_transaction_read_only%3Doff`;
    const extra = {
      options: "-c default_transaction_read_only=on",
      application_name: "movebook test",
    };
    const question =
      "select current_setting('default_transaction_read_only'), current_setting('application_name')";
    expect(await askPsql(url, extra, question)).toBe("on|movebook test");
  });

  it("are read up to the longest line", async () => {
    const sslcrl = `/${"x".repeat(1_021 - "sslcrl=/".length)}`;
    expect(
      await askPsql(
        `${server.url("postgres")}?sslcrl=${sslcrl}`,
        { sslmode: "disable" },
        "select 1",
      ),
    ).toBe("1");
  });
});
