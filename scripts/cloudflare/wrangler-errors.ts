import { exitCodes, Failure, type Problem } from "../engine/failure.ts";
import { limits } from "./limits.ts";
import { isWithoutReason, listWords, type Printed } from "./wrangler-words.ts";

/** What went wrong, for callers that can do something about it. */
export type WranglerErrorKind =
  | "not-logged-in"
  | "wrong-account"
  | "no-such-database"
  | "virtual-tables"
  | "statement-too-long"
  | "constraint"
  | "sql"
  | "reset"
  | "not-importing"
  | "cancelled"
  | "import-failed"
  | "stumbled"
  | "busy"
  | "network"
  | "too-many-requests"
  | "no-bookmark"
  | "file"
  | "old-state"
  | "unknown";

const passing: readonly WranglerErrorKind[] = [
  "network",
  "too-many-requests",
  "busy",
  "reset",
  "cancelled",
  "stumbled",
];

/** A failed call of wrangler. What it said word for word stands in `rows`, for the report. */
export class WranglerFailure extends Failure {
  readonly kind: WranglerErrorKind;
  /** The call may be sent again as it is: nothing was wrong with it. */
  readonly isPassing: boolean;

  constructor(kind: WranglerErrorKind, what: string, problem: Problem, cause?: Error) {
    super(
      { exitCode: exitCodes.failed, what, problems: [problem] },
      cause === undefined ? {} : { cause },
    );
    this.kind = kind;
    this.isPassing = passing.includes(kind);
  }
}

/** One thing that wrangler says, and what it means. `$1` is the first group: a name of the schema, never a value. */
interface Rule {
  readonly kind: WranglerErrorKind;
  readonly pattern: RegExp;
  readonly what: string;
  readonly todo: string;
}

const sql =
  "Look at the statement in the report; when it is movebook's own, please tell its authors.";
const again = "Call the same command again: what is done is not done twice.";

/**
 * In this order: the first that fits counts. The texts are those of wrangler 4.86, of SQLite and of Cloudflare's API
 * (https://developers.cloudflare.com/d1/observability/debug-d1/).
 */
const rules: readonly Rule[] = [
  {
    kind: "wrong-account",
    pattern: /\[code: 7403\]|given account is not valid/i,
    what: "this account is not known, or the login may not work on it",
    todo: "Look at CLOUDFLARE_ACCOUNT_ID (npx wrangler whoami lists the accounts of the login), and whether the token may edit D1 of that account.",
  },
  {
    kind: "not-logged-in",
    pattern:
      /not authenticated|Authentication error|Invalid access token|non-interactive environment|Failed to fetch auth token|Unable to authenticate|logged ?in.{0,4}false|\[code: (?:10000|10001|9106|9109)\]|not authorized|Invalid API Token/i,
    what: "Cloudflare does not accept the login",
    todo: "Log in (npx wrangler login), or set CLOUDFLARE_API_TOKEN to a token that may edit D1 of this account.",
  },
  {
    kind: "no-such-database",
    pattern:
      /Couldn't find (?:a D1 )?DB with|\[code: 7404\]|The database \S+ could not be found|database not found/i,
    what: "there is no such database",
    todo: "Look at its name and id, and at the account: npx wrangler d1 list",
  },
  {
    kind: "virtual-tables",
    pattern: /cannot export databases with virtual tables|virtual tables? \(fts5\)/i,
    what: "D1 refuses to export a database with virtual tables",
    todo: "Drop the virtual tables (full-text search) of a copy of v1, and export that; create them anew in v2.",
  },
  {
    kind: "statement-too-long",
    pattern:
      /SQLITE_TOOBIG|statement too long|string or blob too big|query string.{0,20}too (?:long|large)/i,
    what: `a statement is longer than D1 takes (${limits.statement.toLocaleString("en")} bytes)`,
    todo: sql,
  },
  {
    kind: "constraint",
    pattern:
      /\b((?:UNIQUE|NOT NULL|FOREIGN KEY) constraint failed(?:: (?!SQLITE)[\w."`, ]+?)?)(?=: SQLITE|: D1|\s*$|\s*\[code)/,
    what: "$1",
    todo: "A row does not fit the schema of this database; the import checks that before: was the schema changed?",
  },
  {
    kind: "constraint",
    pattern: /\b(CHECK constraint failed)/,
    what: "$1",
    todo: "A row does not fit the schema of this database; which check it is, stands in the report.",
  },
  {
    kind: "sql",
    pattern: /\b(no such (?:table|column|index): [\w.]{1,80})/,
    what: "$1",
    todo: "Has the schema been changed, are all migrations applied?",
  },
  {
    kind: "reset",
    pattern:
      /D1 reset before (?:execute|export) completed|Network connection lost.{0,30}storage|Durable Object (?:storage )?(?:reset|was reset)|D1_RESET/i,
    what: "D1 started anew before it was done, and took everything of this call back",
    todo: again,
  },
  {
    kind: "not-importing",
    pattern: /not currently importing/i,
    what: "D1 says that it is not importing: whether the file went in is known only when it is read back",
    todo: again,
  },
  {
    kind: "cancelled",
    pattern: /Cancelled due to no poll/i,
    what: "D1 gave the call up because nobody asked for it any more; whether the file went in is known only when it is read back",
    todo: again,
  },
  {
    // an assertion of wrangler's own, seen locally on a busy machine
    kind: "stumbled",
    pattern: /^false == true$/m,
    what: "wrangler ended by an assertion of its own, before it did anything",
    todo: again,
  },
  {
    kind: "busy",
    pattern:
      /currently processing a long-running (?:import|export)|database is (?:locked|busy)|SQLITE_BUSY|D1 DB is overloaded|too many requests queued/i,
    what: "the database is busy with something else",
    todo: `Wait until it has ended (an export or import blocks all others). ${again}`,
  },
  {
    // before the numbers of HTTP: "at offset 503"
    kind: "sql",
    pattern: /SQLITE_\w+|syntax error/,
    what: "D1 refused a statement",
    todo: sql,
  },
  {
    kind: "too-many-requests",
    pattern: /\b429\b|Too Many Requests|rate limit|throttling|\[code: 971\]/i,
    what: "Cloudflare's API has had too many requests",
    todo: `Wait a few minutes. ${again}`,
  },
  {
    kind: "network",
    pattern:
      /fetch failed|service unavailable|bad gateway|gateway time-?out|\[code: 7009\]|ECONN\w+|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE|socket hang up|other side closed|network connectivity|request .{0,40}timed out|terminated$|Unable to resolve Cloudflare|malformed response|\b50[0-9]\b|\b52\d\b|status code: \d+|Network connection lost|File could not be uploaded|did not upload successfully|\[code: 7500\] *internal error|internal error/i,
    what: "the connection to Cloudflare failed",
    todo: again,
  },
  {
    kind: "no-bookmark",
    pattern: /bookmark|time.?travel|\[code: 7400\].*(?:timestamp|restore)/i,
    what: "D1 does not take this bookmark of Time Travel",
    todo: `A bookmark is kept for ${limits.timeTravelDays} days (7 on the free plan) and belongs to one database.`,
  },
  {
    kind: "old-state",
    pattern:
      /workerd.{0,80}(?:failed|exited|crash)|schema version|runtime failed to start|ERR_RUNTIME_FAILURE/i,
    what: "wrangler's local runtime did not start, or could not open the state folder",
    todo: "Was the state folder last written by a newer wrangler? Use that one (npm install it in the project).",
  },
  {
    kind: "file",
    pattern: /ENOENT|EACCES|EPERM|ENOSPC|file or directory could not be found|permission error/i,
    what: "wrangler could not read or write a file",
    todo: "Look at the path, its owner and the free space on the disk.",
  },
  {
    kind: "sql",
    pattern: /D1_ERROR|\[code: 7500\]/,
    what: "D1 refused a statement",
    todo: sql,
  },
];

/** What wrangler 4.86 makes of a job that D1 reports as failed: notes of its progress, and no reason. */
const importFailed: Rule = {
  kind: "import-failed",
  pattern: /$/,
  what: "D1 says that the job failed, and wrangler does not tell why",
  todo: `${again} When it fails the same way again: what D1 noted stands in the report.`,
};

const unknown: Rule = {
  kind: "unknown",
  pattern: /$/,
  what: "wrangler failed, and said nothing that movebook knows",
  todo: "What it said stands in the report.",
};

/** What is known of the call that failed. */
export interface FailedCall extends Printed {
  /** What it was for. */
  readonly title: string;
  /** The database: "shop-v1 (local)". */
  readonly where: string;
}

/** The rule that fits, with the words of the schema that it keeps. */
function findRule(words: readonly string[]): { readonly rule: Rule; readonly what: string } {
  const text = words.join("\n");
  for (const rule of rules) {
    const match = rule.pattern.exec(text);
    if (match !== null) return { rule, what: rule.what.replace("$1", match[1] ?? "") };
  }
  return { rule: unknown, what: unknown.what };
}

/** A failed call as a failure in our words: no row values outside `rows`. */
export function explainWrangler(call: FailedCall, cause?: Error): WranglerFailure {
  const words = listWords(call);
  const known = findRule(words);
  const { rule, what } =
    known.rule === unknown && isWithoutReason(call)
      ? { rule: importFailed, what: importFailed.what }
      : known;
  const problem = { what, where: call.where, todo: rule.todo, details: [`during: ${call.title}`] };
  const rows = words.map((word) => `wrangler: ${word}`);
  return new WranglerFailure(rule.kind, `${call.title}: ${what}`, { ...problem, rows }, cause);
}

/** A call that ended with exit code 0, and did not answer as it should. */
export const explainOutput = (call: FailedCall): WranglerFailure => explainWrangler(call);
