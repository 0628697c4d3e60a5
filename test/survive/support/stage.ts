import { spawn, type ChildProcess } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
  existsSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commitAll } from "../../../scripts/demo/project.ts";
import {
  runSql,
  startThrowawayServer,
  type ThrowawayServer,
} from "../../../scripts/postgres/throwaway-server.ts";
import { findClients, type Clients } from "../../corpus/libpq.ts";
import { takePicture, type Picture } from "../../corpus/picture.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { callInProcess, type Told } from "./in-process.ts";
import { migration, v1Schema, v2Schema } from "./product.ts";
import { entry } from "../../entry.ts";

const owner = "kennel_owner";
const database = "kennel";

/** A folder that an operator works in; another one is another machine. */
export interface Project {
  readonly folder: string;
  /** Folder of the newest run. */
  readonly newestRun: () => string;
}

/** A call in a process of its own. */
export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  /** `code` is null when it was killed. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  /** Resolves when it has said that. */
  readonly says: (text: string) => Promise<void>;
}

/** Two servers behind proxies, v1's and v2's databases, and the projects of two operators. */
export interface Stage {
  readonly v1: ThrowawayServer;
  readonly v2: ThrowawayServer;
  readonly toV1: FaultProxy;
  readonly toV2: FaultProxy;
  readonly here: Project;
  /** The other operator: the same settings, no run. */
  readonly elsewhere: Project;
  /** The owner's, past the proxies. */
  readonly v1Url: string;
  readonly v2Url: string;
  /** SQL as v2's owner, past the proxy. */
  readonly inV2: (sql: string) => Promise<string>;
  readonly inV1: (sql: string) => Promise<string>;
  readonly picture: () => Promise<Picture>;
  /** The command in this process. */
  readonly call: (words: string, project?: Project) => Promise<Told>;
  /** The command in a process of its own. */
  readonly start: (words: string, project?: Project) => Running;
  /** Keeps v2 and the runs of the first operator as they are now. */
  readonly keep: (state: string) => Promise<void>;
  /** Puts both back, and takes away what the other operator has. */
  readonly goBackTo: (state: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const withProxy = (server: ThrowawayServer, password: string, port: number): string => {
  const url = new URL(`${server.url(database, owner, password)}?sslmode=disable`);
  url.port = String(port);
  return url.toString();
};

async function makeProject(urls: { readonly v1: string; readonly v2: string }): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "movebook-survive-"));
  const migrations = join(folder, "prisma/migrations", migration.name);
  mkdirSync(migrations, { recursive: true });
  writeFileSync(join(folder, "package.json"), `{ "name": "kennel", "private": true }\n`);
  writeFileSync(join(migrations, "migration.sql"), migration.sql);
  writeFileSync(join(folder, "prisma/migrations/migration_lock.toml"), `provider = "postgresql"\n`);
  await commitAll(folder, "The kennels");
  const mode = { mode: 0o600 };
  writeFileSync(
    join(folder, ".env.v1.dev.snapshot"),
    `V1_DEV_SNAPSHOT_DIRECT_URL="${urls.v1}"\n`,
    mode,
  );
  writeFileSync(
    join(folder, ".env.v2.dev"),
    `DATABASE_URL="${urls.v2}"\nDATABASE_DIRECT_URL="${urls.v2}"\n`,
    mode,
  );
  const runs = join(folder, "tmp/data-move-dev");
  return { folder, newestRun: () => join(runs, readdirSync(runs).sort().at(-1) ?? "") };
}

function startCommand(folder: string, words: string): Running {
  const [verb = "", ...rest] = words.split(" ");
  const confirmed = verb === "undo" ? ["--yes"] : [];
  const args = [entry, verb, "data-move", ...rest, "--env", "dev", ...confirmed];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const listen of listeners) listen();
    });
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, output }));
  });
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const listen = (): void => {
        if (output.includes(text)) resolve();
      };
      listeners.add(listen);
      listen();
      void ended.then(() => reject(new Error(`ended without saying "${text}":\n${output}`)));
    });
  return { pid: child.pid ?? 0, child, ended, says };
}

/** Sessions end some time after their clients; and a server that has lost a process comes up again. */
export async function waitForQuiet(server: ThrowawayServer): Promise<void> {
  const ours = `select count(*) from pg_stat_activity where application_name like 'movebook%'`;
  for (let tries = 0; tries < 1_500; tries += 1) {
    const left = await server.psql("postgres", ours).catch(() => "not up");
    if (left === "0") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("sessions of the move are still there");
}

async function makeDatabase(
  server: ThrowawayServer,
  password: string,
  schema: string,
): Promise<void> {
  await server.createRole(owner, { password });
  await server.createDatabase(database, { owner });
  await runSql(server.url(database, owner, password), `${schema}\n;analyze`);
}

const password = "kennel-canary-4711";

/** @param settings of v2's server */
export async function makeStage(settings: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const [v1, v2] = await Promise.all([
    startThrowawayServer(),
    startThrowawayServer({ template: 2, settings }),
  ]);
  await Promise.all([makeDatabase(v1, password, v1Schema), makeDatabase(v2, password, v2Schema)]);
  const [toV1, toV2] = await Promise.all([FaultProxy.start(v1), FaultProxy.start(v2)]);
  const urls = { v1: withProxy(v1, password, toV1.port), v2: withProxy(v2, password, toV2.port) };
  const [here, elsewhere] = await Promise.all([makeProject(urls), makeProject(urls)]);
  const kept = mkdtempSync(join(tmpdir(), "movebook-survive-kept-"));
  const clients: Clients = await findClients(v2.major);
  const asSuperuser = {
    host: v2.host,
    port: v2.port,
    database,
    user: v2.superuser,
    password: v2.superuserPassword,
  };
  const stage: Stage = {
    v1,
    v2,
    toV1,
    toV2,
    here,
    elsewhere,
    v1Url: v1.url(database, owner, password),
    v2Url: v2.url(database, owner, password),
    inV1: (sql) => runSql(v1.url(database, owner, password), sql),
    inV2: (sql) => runSql(v2.url(database, owner, password), sql),
    picture: () => takePicture(clients, asSuperuser),
    call: (words, project = here) => callInProcess(project.folder, words),
    start: (words, project = here) => startCommand(project.folder, words),
    keep: async (state) => {
      await waitForQuiet(v2);
      await v2.psql("postgres", `drop database if exists "${state}"`);
      await v2.createDatabase(state, { owner, copyOf: database });
      rmSync(join(kept, state), { recursive: true, force: true });
      if (existsSync(join(here.folder, "tmp")))
        cpSync(join(here.folder, "tmp"), join(kept, state), { recursive: true });
    },
    goBackTo: async (state) => {
      for (const proxy of [toV1, toV2]) proxy.clear();
      await Promise.all([waitForQuiet(v1), waitForQuiet(v2)]);
      await v2.psql("postgres", `drop database if exists "${database}" with (force)`);
      await v2.createDatabase(database, { owner, copyOf: state });
      for (const { folder } of [here, elsewhere])
        rmSync(join(folder, "tmp"), { recursive: true, force: true });
      if (existsSync(join(kept, state)))
        cpSync(join(kept, state), join(here.folder, "tmp"), { recursive: true });
    },
    stop: async () => {
      await Promise.all([toV1.stop(), toV2.stop()]);
      await Promise.all([v1.stop(), v2.stop()]);
      for (const folder of [here.folder, elsewhere.folder, kept])
        rmSync(folder, { recursive: true, force: true });
    },
  };
  await stage.keep("fresh");
  return stage;
}
