import { describe, expect, test } from "vitest";
import { explainWrangler } from "../../scripts/cloudflare/wrangler-errors.ts";
import { parseJsonOutput } from "../../scripts/cloudflare/wrangler-output.ts";

const asJson = (text: string, ...notes: string[]): string[] =>
  JSON.stringify({ error: { text, notes: notes.map((note) => ({ text: note })) } }, null, 2).split(
    "\n",
  );

const explain = (lines: readonly string[], stderr = "") =>
  explainWrangler({ title: "Import part 1", where: "shop (remote)", lines, stderr });

const api = "A request to the Cloudflare API (/accounts/a/d1/database/b/query) failed.";

describe("what wrangler says is told in our words", () => {
  test.each([
    [
      "unique",
      asJson(
        "UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
      ),
      "constraint",
      "UNIQUE constraint failed: users.email",
    ],
    [
      "two columns",
      asJson("UNIQUE constraint failed: a.b, a.c: SQLITE_CONSTRAINT"),
      "constraint",
      "UNIQUE constraint failed: a.b, a.c",
    ],
    [
      "not null",
      asJson(api, "NOT NULL constraint failed: tables.icon: SQLITE_CONSTRAINT [code: 7500]"),
      "constraint",
      "NOT NULL constraint failed: tables.icon",
    ],
    [
      "foreign key",
      asJson("FOREIGN KEY constraint failed: SQLITE_CONSTRAINT"),
      "constraint",
      "FOREIGN KEY constraint failed",
    ],
    [
      "check",
      asJson("CHECK constraint failed: role IN ('owner')"),
      "constraint",
      "CHECK constraint failed",
    ],
    ["no table", asJson("no such table: users: SQLITE_ERROR"), "sql", "no such table: users"],
    [
      "syntax",
      asJson('near "ann@example.com": syntax error at offset 503: SQLITE_ERROR'),
      "sql",
      "D1 refused a statement",
    ],
    [
      "too long",
      asJson("statement too long: SQLITE_TOOBIG"),
      "statement-too-long",
      "a statement is longer than D1 takes (100,000 bytes)",
    ],
    [
      "login",
      asJson(api, "Authentication error [code: 10000]"),
      "not-logged-in",
      "Cloudflare does not accept the login",
    ],
    [
      "no token",
      asJson(
        "In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN environment variable for wrangler to work.",
      ),
      "not-logged-in",
      "Cloudflare does not accept the login",
    ],
    [
      "no database",
      asJson(api, "The database b could not be found [code: 7404]"),
      "no-such-database",
      "there is no such database",
    ],
    [
      "reset",
      asJson("D1 reset before execute completed!"),
      "reset",
      "D1 started anew before it was done, and took everything of this call back",
    ],
    [
      "not importing",
      asJson("Not currently importing anything."),
      "not-importing",
      "D1 says that it is not importing: whether the file went in is known only when it is read back",
    ],
    [
      "busy",
      asJson(api, "Currently processing a long-running export. [code: 7500]"),
      "busy",
      "the database is busy with something else",
    ],
    [
      "rate",
      asJson(api, "429 Too Many Requests"),
      "too-many-requests",
      "Cloudflare's API has had too many requests",
    ],
    ["network", asJson("fetch failed"), "network", "the connection to Cloudflare failed"],
    [
      "throttled",
      asJson(api, "Please wait and consider throttling your request speed [code: 971]"),
      "too-many-requests",
      "Cloudflare's API has had too many requests",
    ],
    [
      "upstream",
      asJson(api, "Upstream service unavailable [code: 7009]"),
      "network",
      "the connection to Cloudflare failed",
    ],
    [
      "account",
      asJson(
        api,
        "The given account is not valid or is not authorized to access this service [code: 7403]",
      ),
      "wrong-account",
      "this account is not known, or the login may not work on it",
    ],
    [
      "cancelled",
      asJson(
        "Cancelled due to no poll() received in 15000ms. Latest messages:\n    Processed 0 queries.",
      ),
      "cancelled",
      "D1 gave the call up because nobody asked for it any more; whether the file went in is known only when it is read back",
    ],
    [
      "no reason",
      JSON.stringify({ error: { notes: [{ text: "Processed 0 queries." }], kind: "error" } }).split(
        "\n",
      ),
      "import-failed",
      "D1 says that the job failed, and wrangler does not tell why",
    ],
    [
      "assertion",
      asJson("false == true"),
      "stumbled",
      "wrangler ended by an assertion of its own, before it did anything",
    ],
    [
      "gateway",
      asJson(
        "Received a malformed response from the API",
        "<html>bad gateway",
        "GET /x -> 502 Bad Gateway",
      ),
      "network",
      "the connection to Cloudflare failed",
    ],
  ])("%s", (_, lines, kind, what) => {
    const failure = explain(lines);
    expect(failure.kind).toBe(kind);
    expect(failure.message).toBe(`Import part 1: ${what}`);
    expect(failure.problems[0]).toMatchObject({ what, where: "shop (remote)" });
    expect(failure.problems[0]?.todo).not.toBe("");
  });

  test("from plain text on standard error too, without its colours", () => {
    const red =
      "\u001b[31m✘ \u001b[41;31m[\u001b[41;97mERROR\u001b[41;31m]\u001b[0m \u001b[1mD1_ERROR: cannot export databases with Virtual Tables (fts5)\u001b[0m\n\n";
    const failure = explain(["🌀 Exporting SQL to x.sql..."], red);
    expect(failure.kind).toBe("virtual-tables");
    expect(failure.problems[0]?.rows).toEqual([
      "wrangler: D1_ERROR: cannot export databases with Virtual Tables (fts5)",
    ]);
  });

  test("and what may hold values stands in the report only", () => {
    const { message, problems } = explain(asJson('near "ann@example.com": syntax error'));
    const [{ rows, ...shown } = { what: "" }] = problems;
    expect(JSON.stringify([message, shown])).not.toContain("ann@");
    expect(rows?.join()).toContain("ann@");
  });

  test("even when it is nothing that is known", () => {
    const failure = explain(["something new"]);
    expect(failure).toMatchObject({ kind: "unknown", isPassing: false });
    expect(failure.problems[0]?.rows).toEqual(["wrangler: something new"]);
    expect(explain([]).kind).toBe("unknown");
  });

  test("and an address that opens the dump stands nowhere", () => {
    const url = "https://x.r2.cloudflarestorage.com/dump.sql?X-Amz-Signature=canary";
    const offer = `You can also download your export from the following URL manually. This link will be valid for one hour: ${url}`;
    expect(explain([offer]).problems[0]?.rows).toEqual([]);
    const failure = explain([offer, "Creating export"], `\u001b[31m[ERROR] GET ${url} failed`);
    expect(failure.problems[0]?.rows?.join()).toContain("https://x.r2.cloudflarestorage.com");
    expect(JSON.stringify(failure.problems)).not.toContain("canary");
  });

  test("also an assertion that is no JSON", () => {
    const text =
      "\u001b[31m✘ [\u001b[41;97mERROR\u001b[31m]\u001b[0m \u001b[1mfalse == true\u001b[0m\n";
    expect(explain([], text)).toMatchObject({ kind: "stumbled", isPassing: true });
  });

  test("and a call that failed by the way may be sent again", () => {
    expect(explain(asJson("fetch failed")).isPassing).toBe(true);
    expect(explain(asJson("no such table: x")).isPassing).toBe(false);
  });
});

describe("the JSON that wrangler prints", () => {
  test("is found between lines of a spinner and of an error", () => {
    const lines = [
      "├ Checking if file needs uploading",
      "│",
      "[",
      '  {"success": true}',
      "]",
      "",
      "✘ [ERROR] [late]",
    ];
    expect(parseJsonOutput(lines)).toEqual([{ success: true }]);
    expect(parseJsonOutput(["no", "json"])).toBeUndefined();
    expect(parseJsonOutput(["[", '  {"cut": '])).toBeUndefined();
  });
});
