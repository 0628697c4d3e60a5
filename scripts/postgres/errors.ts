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

const fieldNames: Readonly<Record<string, keyof ServerError>> = {
  DETAIL: "detail",
  HINT: "hint",
  CONTEXT: "context",
  "SCHEMA NAME": "schema",
  "TABLE NAME": "table",
  "COLUMN NAME": "column",
  "DATATYPE NAME": "dataType",
  "CONSTRAINT NAME": "constraint",
};
const startOfError =
  /^(?:psql:[^\n]*: )?(?:ERROR|FATAL|PANIC): {2}(?:(?<sqlstate>[0-9A-Z]{5}): )?(?<message>.*)$/;
const startOfField = /^(?<field>[A-Z]+(?: NAME)?): {2}(?<text>.*)$/;

/**
 * The last error in psql's stderr (VERBOSITY verbose), with its fields; undefined when there is none, as when the
 * connection was lost. Messages and fields may have several lines.
 */
export function parsePsqlError(stderr: string): ServerError | undefined {
  let error: Record<string, string> | undefined;
  let current = "";
  for (const line of stderr.split("\n")) {
    const start = startOfError.exec(line)?.groups;
    const field = startOfField.exec(line)?.groups;
    if (start !== undefined) {
      error = { sqlstate: start["sqlstate"] ?? "", message: start["message"] ?? "" };
      current = "message";
    } else if (error !== undefined && field !== undefined && isKnownField(field["field"])) {
      current = fieldNames[field["field"] ?? ""] ?? "";
      if (current !== "") error[current] = field["text"] ?? "";
    } else if (error !== undefined && current !== "") {
      error[current] += `\n${line}`;
    }
  }
  if (error === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(error).map(([key, text]) => [key, text.trimEnd()]),
  ) as unknown as ServerError;
}

const isKnownField = (field: string | undefined): boolean =>
  field !== undefined &&
  (field in fieldNames || field === "LOCATION" || field === "LINE" || field === "QUERY");

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

/** Where a COPY failed, from its CONTEXT: `COPY Animal, line 12, column status: "x"`. Lines count rows of that COPY from 1. */
export function parseCopyContext(
  context: string | undefined,
): { readonly table: string; readonly line: number; readonly column?: string } | undefined {
  const groups = /^COPY (?<table>.+?), line (?<line>\d+)(?:, column (?<column>[^:\n]+))?/m.exec(
    context ?? "",
  )?.groups;
  if (groups?.["table"] === undefined) return undefined;
  const place = { table: groups["table"], line: Number(groups["line"]) };
  return groups["column"] === undefined ? place : { ...place, column: groups["column"] };
}
