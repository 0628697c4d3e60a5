import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  besideProgram,
  listPrograms,
  parseProgramVersion,
  pickProgram,
  type Program,
} from "../../scripts/postgres/programs.ts";

describe("the version of a program", () => {
  it.each([
    ["psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15, "15.18"],
    ["psql (PostgreSQL) 17.2", 17, "17.2"],
    ["pg_dump (PostgreSQL) 18beta1", 18, "18beta1"],
    ["postgres (PostgreSQL) 19devel", 19, "19devel"],
    ["pg_dump (PostgreSQL) 18rc1 (Ubuntu 18~rc1-1.pgdg24.04+1)", 18, "18rc1"],
    ["psql (PostgreSQL) 16.4 (Homebrew)\n", 16, "16.4"],
    ["psql (EnterpriseDB) 16.4.1", 16, "16.4"],
    ["psql (Postgres.app) 17.0", 17, "17.0"],
  ])("is read from %j", (output, major, version) => {
    expect(parseProgramVersion(output)).toEqual({ major, version });
  });

  it.each(["", "psql 9", "psql (PostgreSQL) 9.6.24", "psql (CockroachDB) 23.1", "usage: psql"])(
    "is not read from %j",
    (output) => {
      expect(parseProgramVersion(output)).toBeUndefined();
    },
  );
});

describe("picking a program", () => {
  const program = (major: number, from: Program["from"]): Program => ({
    path: `/${major}/psql`,
    major,
    version: `${major}.1`,
    from,
  });

  it("takes the first when it is new enough, even when there are others", () => {
    expect(pickProgram([program(17, "PG_BIN"), program(15, "PATH")], 15)?.major).toBe(17);
  });

  it("takes the oldest that is new enough when the first is too old", () => {
    const found = [program(14, "PATH"), program(18, "usual folder"), program(16, "usual folder")];
    expect(pickProgram(found, 15)?.major).toBe(16);
  });

  it("takes none when all are too old, or when there are none", () => {
    expect(pickProgram([program(14, "PATH")], 15)).toBeUndefined();
    expect(pickProgram([], 15)).toBeUndefined();
  });

  it("knows the programs beside one", () => {
    expect(besideProgram({ path: "/opt/pg/bin/postgres" }, "initdb")).toMatch(
      /^\/opt\/pg\/bin\/initdb/u,
    );
  });
});

describe.skipIf(process.platform === "win32")("listing programs", () => {
  let root: string;

  /** A program that answers --version. */
  const makeProgram = async (folder: string, text: string): Promise<string> => {
    await mkdir(join(root, folder), { recursive: true });
    const path = join(root, folder, "pg_imagined");
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return join(root, folder);
  };

  const folders = { old: "", now: "", broken: "", link: "" };

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "movebook-programs-"));
    folders.old = await makeProgram("old folder", "echo 'pg_imagined (PostgreSQL) 14.2'");
    folders.now = await makeProgram("now", "echo 'pg_imagined (PostgreSQL) 17.3'");
    folders.broken = await makeProgram("broken", "echo 'no such cluster' >&2; exit 1");
    folders.link = join(root, "link");
    await mkdir(folders.link);
    await symlink(join(folders.old, "pg_imagined"), join(folders.link, "pg_imagined"));
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  it("goes through PG_BIN, then PATH, and leaves out what cannot say its version", async () => {
    const path = [folders.broken, "", folders.old, join(root, "not there")].join(delimiter);
    expect(await listPrograms("pg_imagined", { pgBin: folders.now, path })).toEqual([
      { path: join(folders.now, "pg_imagined"), major: 17, version: "17.3", from: "PG_BIN" },
      { path: join(folders.old, "pg_imagined"), major: 14, version: "14.2", from: "PATH" },
    ]);
  });

  it("names a file once, by its first place", async () => {
    const found = await listPrograms("pg_imagined", {
      path: [folders.link, folders.old].join(delimiter),
    });
    expect(found.map((program) => program.path)).toEqual([join(folders.link, "pg_imagined")]);
  });

  it("finds nothing without an error", async () => {
    expect(await listPrograms("pg_imagined", {})).toEqual([]);
  });

  it("takes the binary behind Debian's wrapper", async () => {
    const found = await listPrograms("psql", { path: "/usr/bin" });
    expect(found.filter((program) => program.path.includes("pg_wrapper"))).toEqual([]);
    for (const program of found.filter((entry) => entry.path.startsWith("/usr/lib/postgresql/"))) {
      expect(program.path).toContain(`/${program.major}/bin/psql`);
    }
  });
});
