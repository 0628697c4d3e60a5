/** What a server says about an error, in its own fields. `detail` and `context` hold row values: personal data. */
export interface ServerError {
  readonly sqlstate: string;
  /** The primary message; may hold a value of a row ("invalid input value for enum …"). */
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly context?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
}

/** psql's labels in the order in which it prints them; the texts below the last group may have several lines. */
const texts = [
  ["DETAIL", "detail"],
  ["HINT", "hint"],
  ["QUERY", undefined],
  ["CONTEXT", "context"],
] as const;
const names = [
  ["SCHEMA NAME", "schema"],
  ["TABLE NAME", "table"],
  ["COLUMN NAME", "column"],
  ["DATATYPE NAME", "dataType"],
  ["CONSTRAINT NAME", "constraint"],
] as const;
/** The severity is in the server's language (FEHLER, ОШИБКА), the labels are in psql's, which is English (see psql.ts). */
const startOfError =
  /^(?:psql:.*?: )?[^\s:][^:]*: {2}(?<sqlstate>(?!0[0-2])[0-9A-Z]{5}): (?<message>.*)$/;
/** Takes the names off the end, where psql prints them: a text before them may hold lines that look the same. */
function takeNames(lines: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  const end = lines.findLastIndex((line) => line.startsWith("LOCATION:  "));
  if (end >= 0) lines.splice(end);
  while (lines.at(-1)?.trim() === "") lines.pop();
  for (const [label, field] of names.toReversed()) {
    if (lines.at(-1)?.startsWith(`${label}:  `) !== true) continue;
    found[field] = lines.pop()?.slice(label.length + 3) ?? "";
  }
  return found;
}

/** The message and the texts after it, each of one or more lines; a label counts once, and only in psql's order. */
function readTexts(message: string, lines: readonly string[]): Record<string, string> {
  const found: Record<string, string> = { message };
  let current: string | undefined = "message";
  let next = 0;
  for (const line of lines) {
    const at = texts.findIndex(([label], index) => index >= next && line.startsWith(`${label}:  `));
    const text = texts[at];
    if (text !== undefined) {
      [, current] = text;
      next = at + 1;
      if (current !== undefined) found[current] = line.slice(text[0].length + 3);
    } else if (current !== undefined) found[current] += `\n${line}`;
  }
  return found;
}

/**
 * The error in psql's stderr (VERBOSITY verbose), with its fields; undefined when there is none, as when the
 * connection was never there. psql stops at the first error. Does not depend on the server's language.
 */
export function parsePsqlError(stderr: string): ServerError | undefined {
  const lines = stderr.split("\n");
  const at = lines.findIndex((line) => startOfError.test(line));
  const { sqlstate = "", message = "" } = startOfError.exec(lines[at] ?? "")?.groups ?? {};
  if (at < 0) return undefined;
  const rest = lines.slice(at + 1);
  const found = takeNames(rest);
  return { sqlstate, ...found, ...(readTexts(message, rest) as { message: string }) };
}

/** The fields of an error that the driver threw; undefined when it is none of the server's. */
export function readDriverError(thrown: unknown): ServerError | undefined {
  const error = thrown as Record<string, unknown> | undefined;
  if (
    !(thrown instanceof Error) ||
    typeof error?.["code"] !== "string" ||
    typeof error["severity"] !== "string"
  ) {
    return undefined;
  }
  const known: Record<string, string> = { sqlstate: error["code"], message: thrown.message };
  for (const [from, to] of [
    ["detail", "detail"],
    ["hint", "hint"],
    ["where", "context"],
    ["schema", "schema"],
    ["table", "table"],
    ["column", "column"],
    ["dataType", "dataType"],
    ["constraint", "constraint"],
  ] as const) {
    const text = error[from];
    if (typeof text === "string") known[to] = text;
  }
  return known as unknown as ServerError;
}

/** True when a session is over: the server, an operator or the network has ended it. */
export function isConnectionLost(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code } = thrown as { code?: unknown };
  if (typeof code === "string") return /^(?:08|57P0[125]|ECONNRESET|EPIPE|ETIMEDOUT)/u.test(code);
  // the driver's own words for a socket that has closed, and for all questions after that
  return /^(?:Connection terminated|Client has encountered a connection error)/u.test(
    thrown.message,
  );
}

/** What is known of a COPY without asking the server. */
export interface KnownCopy {
  readonly table: string;
  readonly columns: readonly string[];
}

/** Where a COPY failed. Lines count rows of that COPY from 1. */
export interface CopyPlace {
  readonly line: number;
  readonly column?: string;
}

/**
 * Reads the CONTEXT of a COPY: `COPY Animal, line 12, column status: "x"`, in any of the server's languages
 * (`COPY Animal, Zeile 12, Spalte status: »x«`, `Animal 복사, 12번째 줄, status 열: "x"`).
 */
export function parseCopyContext(
  context: string | undefined,
  { table, columns }: KnownCopy,
): CopyPlace | undefined {
  const lines = (context ?? "").split("\n");
  // a COPY is the outermost context, and so the last; its value may have lines of its own
  const own = lines.findLast((line) => line.startsWith(`COPY ${table}`) || line.startsWith(table));
  const rest = own?.slice(own.indexOf(table) + table.length) ?? "";
  const { line, more } = /^[^\d:]*(?<line>\d+)(?<more>.*)$/.exec(rest)?.groups ?? {};
  if (line === undefined || more === undefined) return undefined;
  const column = findColumn(more, columns);
  return { line: Number(line), ...(column === undefined ? {} : { column }) };
}

/** The column that is named last before the colon; of several that end there, the longest. */
function findColumn(text: string, columns: readonly string[]): string | undefined {
  const head = text.split(":")[0] ?? "";
  const found = columns
    .map((name) => ({ name, end: head.lastIndexOf(` ${name}`) + name.length + 1 }))
    .filter(({ name, end }) => end > name.length && !/^[\w$]/u.test(head.slice(end)));
  found.sort((a, b) => b.end - a.end || b.name.length - a.name.length);
  return found[0]?.name;
}
