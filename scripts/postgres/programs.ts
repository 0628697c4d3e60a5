import { execFile } from "node:child_process";
import { readdir, realpath } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A Postgres program on this machine. */
export interface Program {
  readonly path: string;
  readonly major: number;
  /** As the program prints it: `15.18`, `18beta1`. */
  readonly version: string;
  /** Where it was found; an operator's PG_BIN wins over PATH, and PATH over the usual folders. */
  readonly from: "PG_BIN" | "PATH" | "usual folder";
}

/** Where to look first; the caller reads the variables. */
export interface SearchPath {
  /** PG_BIN: one folder with Postgres programs. */
  readonly pgBin?: string | undefined;
  /** PATH, as the process has it. */
  readonly path?: string | undefined;
}

/** Where packages put versions side by side, without a link in PATH. */
const usualFolders: readonly string[] = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/usr/local/pgsql/bin",
  "/usr/libexec/postgresql*",
  "/opt/homebrew/opt/postgresql@*/bin",
  "/opt/homebrew/opt/libpq/bin",
  "/usr/local/opt/postgresql@*/bin",
  "/usr/local/opt/libpq/bin",
  "/Applications/Postgres.app/Contents/Versions/*/bin",
  "C:\\Program Files\\PostgreSQL\\*\\bin",
];

interface Candidate {
  readonly path: string;
  readonly from: Program["from"];
}

/**
 * The version in the output of `--version`: `psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` gives 15 and `15.18`.
 * Undefined when it is no Postgres program or older than 10, whose majors had two parts.
 */
export function parseProgramVersion(
  output: string,
): Pick<Program, "major" | "version"> | undefined {
  const match =
    /\((?:PostgreSQL|EnterpriseDB|.*\bPostgres\b.*)\) (?<version>(?<major>\d+)(?:\.\d+|(?:devel|alpha|beta|rc)\d*)?)/u;
  const groups = match.exec(output)?.groups;
  const major = Number(groups?.["major"]);
  return groups?.["version"] === undefined || major < 10
    ? undefined
    : { major, version: groups["version"] };
}

/** Every copy of a program, in the order PG_BIN, PATH, usual folders; each real file once. */
export async function listPrograms(name: string, searchPath: SearchPath): Promise<Program[]> {
  const candidates = await listCandidates(
    process.platform === "win32" ? `${name}.exe` : name,
    searchPath,
  );
  const found = await Promise.all(candidates.map(readProgram));
  return removeDuplicates(found.filter((entry) => entry !== undefined));
}

/**
 * The first program when it is new enough (PG_BIN before PATH), otherwise the oldest that is: a program much newer
 * than the server writes settings that the server does not know.
 */
export function pickProgram(found: readonly Program[], minimumMajor: number): Program | undefined {
  const [first] = found;
  if (first !== undefined && first.major >= minimumMajor) return first;
  return found
    .filter((program) => program.major >= minimumMajor)
    .toSorted((a, b) => a.major - b.major)[0];
}

async function listCandidates(file: string, { pgBin, path }: SearchPath): Promise<Candidate[]> {
  const usual = (await Promise.all(usualFolders.map(expandFolder))).flat();
  const inFolders = (folders: readonly string[], from: Candidate["from"]): Candidate[] =>
    folders.filter((folder) => folder !== "").map((folder) => ({ path: join(folder, file), from }));
  return [
    ...inFolders([pgBin ?? ""], "PG_BIN"),
    ...inFolders((path ?? "").split(delimiter), "PATH"),
    ...inFolders(usual, "usual folder"),
  ];
}

/** The folders that match a pattern with at most one star, newest version first. */
async function expandFolder(pattern: string): Promise<string[]> {
  const parts = pattern.split(/[\\/]/u);
  const star = parts.findIndex((part) => part.includes("*"));
  if (star === -1) return [pattern];
  const above = parts.slice(0, star).join("/") || "/";
  const [prefix = "", suffix = ""] = (parts[star] ?? "").split("*");
  const names = await readdir(above).catch(() => []);
  return names
    .filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
    .toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((name) => join(above, name, ...parts.slice(star + 1)));
}

interface FoundProgram {
  readonly program: Program;
  readonly real: string;
}

async function readProgram(candidate: Candidate): Promise<FoundProgram | undefined> {
  try {
    const { stdout } = await run(candidate.path, ["--version"], { timeout: 10_000 });
    const version = parseProgramVersion(stdout);
    if (version === undefined) return undefined;
    const path = await resolveWrapper(candidate.path, version.major);
    return { program: { path, ...version, from: candidate.from }, real: await realpath(path) };
  } catch {
    // Not there, not executable, or no Postgres program: the same to us.
    return undefined;
  }
}

/**
 * Debian's /usr/bin/psql is a script that picks a version by cluster and environment at each call. The binary that it
 * picked now is taken instead, so that what was checked is what runs.
 */
async function resolveWrapper(path: string, major: number): Promise<string> {
  const isWrapper = basename(await realpath(path)) === "pg_wrapper";
  return isWrapper
    ? realpath(join("/usr/lib/postgresql", String(major), "bin", basename(path)))
    : path;
}

function removeDuplicates(found: readonly FoundProgram[]): Program[] {
  const byFile = new Map<string, Program>();
  for (const { program, real } of found) if (!byFile.has(real)) byFile.set(real, program);
  return [...byFile.values()];
}

/** The programs beside one: the `initdb` that belongs to a `postgres`. */
export const besideProgram = (program: Pick<Program, "path">, name: string): string =>
  join(dirname(program.path), process.platform === "win32" ? `${name}.exe` : name);
