/** The comment that ends a dump that is whole. */
export const lastLine = "-- PostgreSQL database dump complete";

/** True when a line of a dump begins a user mapping; its options hold passwords. */
export const startsUserMapping = (before: string, line: string): boolean =>
  before.includes("; Type: USER MAPPING; ") && line.startsWith("CREATE USER MAPPING FOR ");

/** Follows an SQL statement over its lines until the semicolon that is in no quotes. */
export class StatementEnd {
  #quote: string | undefined;

  /** True when the statement ends in this line. */
  isIn(line: string): boolean {
    for (const letter of line) {
      if (this.#quote !== undefined) {
        if (letter === this.#quote) this.#quote = undefined;
      } else if (letter === "'" || letter === '"') this.#quote = letter;
      else if (letter === ";") return true;
    }
    return false;
  }
}

/** One object of a dump, as pg_dump's comment above it names it: `TABLE Animal`. */
interface Entry {
  readonly name: string;
  readonly lines: readonly string[];
}

/** A dump in its parts. */
export interface SchemaDumpText {
  /** Major version of the pg_dump that wrote it. */
  readonly program: string;
  /** Without the two lines that name versions: a minor update of either program changes nothing. */
  readonly text: string;
  readonly lineCount: number;
  readonly entries: readonly Entry[];
}

const versions =
  /^-- Dumped from database version .*\n-- Dumped by pg_dump version (?<major>\d+).*\n/m;
const title =
  /^-- (?:Data for )?Name: (?<name>.*); Type: (?<type>.*); Schema: (?<schema>.*); Owner: .*$/;

const stored = /TABLE|INDEX|CONSTRAINT|MATERIALIZED VIEW/;
const storage = /^SET (?<name>default_tablespace|default_table_access_method) = .*;$/;

/** Without the empty lines and rules between this object and its neighbours. */
function trimLines(lines: readonly string[]): string[] {
  const isText = (line: string): boolean => line !== "" && line !== "--";
  return lines.slice(Math.max(0, lines.findIndex(isText)), lines.findLastIndex(isText) + 1);
}

/** The objects of a dump; its head and its end are two more. */
function splitEntries(text: string): Entry[] {
  const entries: { name: string; lines: string[]; set: string[] }[] = [
    { name: "the head", lines: [], set: [] },
  ];
  // pg_dump sets them when they change: each object gets those that hold for it
  const settings = new Map<string, string>();
  for (const line of text.split("\n")) {
    const { name, type = "", schema } = title.exec(line)?.groups ?? {};
    const { name: setting } = storage.exec(line)?.groups ?? {};
    if (setting !== undefined) settings.set(setting, line);
    else if (name !== undefined) {
      const where = schema === "-" || schema === "public" ? "" : ` in schema ${schema}`;
      const set = stored.test(type) ? [...settings.values()] : [];
      entries.push({ name: `${type} ${name}${where}`, lines: [], set });
    } else if (line === lastLine) entries.push({ name: "the end", lines: [line], set: [] });
    else entries.at(-1)?.lines.push(line);
  }
  return entries.map(({ name, lines, set }) => ({ name, lines: [...set, ...trimLines(lines)] }));
}

/** Takes a dump apart. */
export function parseSchemaDump(dump: string): SchemaDumpText {
  const { major = "?" } = versions.exec(dump)?.groups ?? {};
  const text = dump.replace(versions, "");
  return {
    program: major,
    text,
    lineCount: text.split("\n").length - 1,
    entries: splitEntries(text),
  };
}

/** An object that is not in both dumps in the same way. */
export interface DumpDifference {
  /** `TABLE Animal: 1 line gone, 1 line new`. */
  readonly summary: string;
  /** The lines, with - and + in front. They may hold values: defaults, comments. */
  readonly lines: readonly string[];
}

/** How two dumps compare. */
export interface DumpComparison {
  readonly isIdentical: boolean;
  /** Empty when they are identical, or hold the same objects in another order. */
  readonly differences: readonly DumpDifference[];
}

const byName = (entries: readonly Entry[]): Map<string, Entry[]> => {
  const found = new Map<string, Entry[]>();
  for (const entry of entries) found.set(entry.name, [...(found.get(entry.name) ?? []), entry]);
  return found;
};

/** The lines that only one side has, in their order; those of equal text are paired. */
function listOnly(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

const textOf = (entries: readonly Entry[] = []): string[] =>
  entries
    .map(({ lines }) => lines.join("\n"))
    .toSorted()
    .flatMap((text) => text.split("\n"));

function compareEntry(
  name: string,
  before: readonly Entry[] | undefined,
  after: readonly Entry[] | undefined,
): DumpDifference[] {
  const was = textOf(before);
  const is = textOf(after);
  if (was.join("\n") === is.join("\n")) return [];
  const gone = listOnly(was, is);
  const fresh = listOnly(is, was);
  const summary =
    after === undefined
      ? "is gone"
      : before === undefined
        ? "is new"
        : gone.length + fresh.length === 0
          ? "has its lines in another order"
          : `${gone.length} of its lines gone, ${fresh.length} new`;
  const lines = [...gone.map((line) => `- ${line}`), ...fresh.map((line) => `+ ${line}`)];
  return [{ summary: `${name}: ${summary}`, lines }];
}

/** Compares two dumps byte by byte; where they differ, object by object. */
export function compareSchemaDumps(before: SchemaDumpText, after: SchemaDumpText): DumpComparison {
  if (before.text === after.text) return { isIdentical: true, differences: [] };
  const was = byName(before.entries);
  const is = byName(after.entries);
  const names = new Set([...was.keys(), ...is.keys()]);
  return {
    isIdentical: false,
    differences: [...names].flatMap((name) => compareEntry(name, was.get(name), is.get(name))),
  };
}
