import { createHash } from "node:crypto";
import type { FakeD1 } from "./fake-d1.ts";
import { describeHarm, describeStatus, type FakeRoute, type Fault } from "./fake-faults.ts";
import type { FakeJobs } from "./fake-jobs.ts";
import { FakeSqlError } from "./fake-statements.ts";

/** The body of a request, as far as the fake reads it. */
export interface FakeBody {
  readonly sql?: string;
  readonly action?: string;
  readonly etag?: string;
  readonly current_bookmark?: string;
  readonly dump_options?: {
    readonly no_data?: boolean;
    readonly no_schema?: boolean;
    readonly tables?: readonly string[];
  };
}

/** Which request it is; undefined when the API has none such. */
export function findRoute(method: string, path: string, body: FakeBody): FakeRoute | undefined {
  const known: Readonly<Record<string, FakeRoute>> = {
    "GET /user/tokens/verify": "verify-token",
    "GET /user": "user",
    "GET /accounts": "accounts",
    "GET /memberships": "memberships",
    "POST /graphql": "graphql",
    "GET /d1/database": "list",
    "GET /d1/database/:id": "info",
    "POST /d1/database/:id/query": "query",
    "POST /d1/database/:id/export":
      body.current_bookmark === undefined ? "export-start" : "export-poll",
    "POST /d1/database/:id/import": `import-${body.action ?? "init"}` as FakeRoute,
    "GET /d1/database/:id/time_travel/bookmark": "bookmark",
    "POST /d1/database/:id/time_travel/restore": "restore",
    "PUT /upload/:id": "upload",
    "GET /signed/:id": "download",
  };
  const shape = path
    .replace(/^\/client\/v4/, "")
    .replace(/^\/accounts\/[^/]+\/d1/, "/d1")
    .replace(/^(\/d1\/database)\/[^/]+/, "$1/:id")
    .replace(/^\/(upload|signed)\/.*/, "/$1/:id");
  return known[`${method} ${shape}`];
}

/** An answer of the API, or a connection that is closed without one. */
export type FakeAnswer =
  | "cut"
  | { readonly status: number; readonly headers: Record<string, string>; readonly text: string };

const json = (status: number, value: unknown): FakeAnswer => ({
  status,
  headers: { "content-type": "application/json" },
  text: JSON.stringify(value),
});

/** Cloudflare's envelope around a result. */
export const succeed = (result: unknown, more: Record<string, unknown> = {}): FakeAnswer =>
  json(200, { result, success: true, errors: [], messages: [], ...more });

export const refuse = (status: number, code: number, message: string): FakeAnswer =>
  json(status, { result: null, success: false, errors: [{ code, message }], messages: [] });

/** What an answer is made from. */
export interface FakeQuestion {
  readonly route: FakeRoute;
  readonly url: URL;
  readonly body: FakeBody;
  readonly accountId: string;
  readonly databases: readonly FakeD1[];
  readonly columnLists: boolean;
}

export interface FakeTarget {
  readonly d1: FakeD1;
  readonly jobs: FakeJobs;
}

/** What the API answers when a fault is due, after what the fault lets happen all the same. */
export function answerHarmed(
  question: FakeQuestion,
  target: FakeTarget | undefined,
  { does, applies = "nothing" }: Fault,
): FakeAnswer {
  const { route } = question;
  if (route === "import-ingest") target?.jobs.begin(question.body.etag ?? "");
  if (route === "import-ingest" || route.endsWith("-poll")) target?.jobs.endJob(applies);
  else if (applies === "all" && target !== undefined) answerDatabase(question, target);
  if (does === "cut") return "cut";
  if (does === "refuse") return refuse(200, 7500, "internal error");
  if (does === "html")
    return {
      status: 502,
      headers: { "content-type": "text/html" },
      text: "<html>Bad gateway</html>",
    };
  if (typeof does === "number") {
    const { code, message } = describeStatus(does);
    return refuse(does, code, message);
  }
  const kind = route.startsWith("export") ? "export" : "import";
  if (does === "busy" && !/^(?:import|export)/.test(route))
    return refuse(500, 7500, `Currently processing a long-running ${kind}.`);
  return succeed(describeHarm(does, kind));
}

/** What the API answers about accounts and lists: the questions that are not about one database. */
export function answerAccount({ route, url, accountId, databases }: FakeQuestion): FakeAnswer {
  const account = { id: accountId, name: "Test account" };
  const page = (list: readonly unknown[]): FakeAnswer => {
    const number = Number(url.searchParams.get("page") ?? 1);
    const size = Number(url.searchParams.get("per_page") ?? 20);
    const shown = list.slice((number - 1) * size, number * size);
    const info = { page: number, per_page: size, count: shown.length, total_count: list.length };
    return succeed(shown, { result_info: info });
  };
  switch (route) {
    case "verify-token":
      return succeed({ id: "f0f0", status: "active" });
    case "user":
      return succeed({ id: "u0u0", email: "operator@example.test" });
    case "accounts":
      return page([account]);
    case "memberships":
      return page([{ id: "m0m0", account, roles: ["Administrator"], status: "accepted" }]);
    case "graphql":
      return json(200, { data: { viewer: { accounts: [{ d1AnalyticsAdaptiveGroups: [] }] } } });
    default:
      return page(databases.map(describeDatabase));
  }
}

const describeDatabase = (d1: FakeD1): Record<string, unknown> => ({
  uuid: d1.id,
  name: d1.name,
  version: "production",
  created_at: d1.createdAt,
  num_tables: d1.countTables(),
  file_size: d1.size,
  running_in_region: "WEUR",
  read_replication: { mode: "disabled" },
});

/** What the API answers about one database. */
export function answerDatabase(question: FakeQuestion, { d1, jobs }: FakeTarget): FakeAnswer {
  const { route, url, body } = question;
  if (route === "info") return succeed(describeDatabase(d1));
  if (route === "bookmark") return answerBookmark(d1, url);
  if (route === "import-poll") return succeed(jobs.poll("import", body.current_bookmark));
  if (route === "export-poll") return succeed(jobs.poll("export", body.current_bookmark));
  const busy = jobs.findBusy();
  const isJob = /^(?:import|export)/.test(route);
  if (busy !== undefined)
    return isJob ? succeed({ success: false, error: busy }) : refuse(500, 7500, busy);
  switch (route) {
    case "query":
      return answerQuery(d1, body.sql ?? "");
    case "import-init":
      return succeed(
        jobs.init(body.etag ?? "", `${url.origin}/upload/${d1.id}/signed-url-of-an-upload`),
      );
    case "import-ingest":
      return succeed(jobs.ingest(body.etag ?? ""));
    case "export-start":
      return succeed(jobs.export(readDumpOptions(question), url.origin));
    default:
      return answerRestore(d1, url);
  }
}

const readDumpOptions = ({ body, columnLists }: FakeQuestion) => ({
  noData: body.dump_options?.no_data === true,
  noSchema: body.dump_options?.no_schema === true,
  tables: body.dump_options?.tables ?? [],
  columnLists,
});

function answerQuery(d1: FakeD1, sql: string): FakeAnswer {
  try {
    return succeed(d1.query(sql));
  } catch (error) {
    if (!(error instanceof FakeSqlError)) throw error;
    return refuse(400, 7500, error.message);
  }
}

function answerBookmark(d1: FakeD1, url: URL): FakeAnswer {
  const timestamp = url.searchParams.get("timestamp");
  const bookmark = timestamp === null ? d1.bookmark() : d1.bookmarkAt(Date.parse(timestamp));
  return succeed({ bookmark });
}

/** What the hosted one says to a bookmark that it does not know is not published. */
function answerRestore(d1: FakeD1, url: URL): FakeAnswer {
  const bookmark = url.searchParams.get("bookmark") ?? "";
  const previous = d1.restore(bookmark);
  if (previous === undefined)
    return refuse(400, 7400, "The bookmark is not valid for this database.");
  return succeed({ bookmark, previous_bookmark: previous, message: "Database restored" });
}

/** The upload of a file: its MD5 as etag, as object storage gives it. */
export function answerUpload(
  text: Buffer,
  { jobs }: FakeTarget,
  fault: Fault | undefined,
): FakeAnswer {
  const etag = createHash("md5").update(text).digest("hex");
  if (typeof fault?.does === "number")
    return { status: fault.does, headers: {}, text: "<Error><Code>InternalError</Code></Error>" };
  if (fault?.does === "cut") return "cut";
  jobs.upload(etag, text.toString("utf8"));
  const shown = fault?.does === "wrong-etag" ? "0".repeat(32) : etag;
  return { status: 200, headers: { etag: `"${shown}"` }, text: "" };
}
