import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
  answerAccount,
  answerDatabase,
  answerHarmed,
  answerUpload,
  type FakeAnswer,
  type FakeBody,
  type FakeTarget,
  findRoute,
  refuse,
} from "./fake-answers.ts";
import { FakeD1 } from "./fake-d1.ts";
import { type FakeRoute, type Fault, FaultOrders } from "./fake-faults.ts";
import { FakeJobs, type JobSettings } from "./fake-jobs.ts";
import type { NamedD1 } from "./real-wrangler.ts";

export interface FakeOptions {
  readonly databases: readonly NamedD1[];
  /** The token that is accepted. Default: one of its own. */
  readonly token?: string;
  /** Dumps as wrangler 4.164 writes them, with column lists. Default: false, as 4.86. */
  readonly columnLists?: boolean;
}

/** A request as it was answered. Never the token. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  /** Undefined: the fake knows no such request. */
  readonly route: FakeRoute | undefined;
  /** Name of the database. */
  readonly database: string | undefined;
  /** The SQL of a query. */
  readonly sql: string | undefined;
  /** Rows or schema of the database were changed while it was answered. */
  wrote: boolean;
  /** HTTP status of the answer; 0 when the connection was cut. */
  status: number;
}

const usualJobs = (): JobSettings => ({ polls: { import: 0, export: 1 }, patience: 15_000 });

/**
 * A server that answers as Cloudflare's API for D1 does, on SQLite files: what wrangler 4.86 asks for with `--remote`,
 * in the shapes that Cloudflare publishes (https://developers.cloudflare.com/api/resources/d1/).
 */
export class FakeCloudflare {
  readonly accountId = "0123456789abcdef0123456789abcdef";
  readonly token: string;
  /** Every request since the start, or since `reset`. */
  readonly requests: FakeRequest[] = [];
  /** How imports and exports go: a test may change the numbers. */
  readonly jobs: JobSettings = usualJobs();
  readonly #faults = new FaultOrders();
  readonly #folder = mkdtempSync(join(tmpdir(), "movebook-cloudflare-"));
  readonly #targets: readonly FakeTarget[];
  readonly #columnLists: boolean;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) =>
      response.writeHead(500).end(String(error)),
    );
  });
  #origin = "";

  private constructor({ databases, token, columnLists = false }: FakeOptions) {
    this.token = token ?? "fake-token-of-the-tests";
    this.#columnLists = columnLists;
    this.#targets = databases.map((named) => {
      const d1 = new FakeD1(this.#folder, named);
      return { d1, jobs: new FakeJobs(d1, this.jobs) };
    });
  }

  /** Starts on a free port of this machine. */
  static async start(options: FakeOptions): Promise<FakeCloudflare> {
    const fake = new FakeCloudflare(options);
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    const address = fake.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    fake.#origin = `http://127.0.0.1:${address.port}`;
    return fake;
  }

  /** For CLOUDFLARE_API_BASE_URL. */
  get url(): string {
    return `${this.#origin}/client/v4`;
  }

  /** What wrangler has to find in its environment. */
  get environment(): Record<string, string> {
    return {
      CLOUDFLARE_API_BASE_URL: this.url,
      CLOUDFLARE_ACCOUNT_ID: this.accountId,
      CLOUDFLARE_API_TOKEN: this.token,
    };
  }

  /** @throws Error when there is none of that name */
  database(name: string): FakeD1 {
    const found = this.#targets.find(({ d1 }) => d1.name === name);
    if (found === undefined) throw new Error(`the fake has no database ${name}`);
    return found.d1;
  }

  /** Lets something go wrong. */
  order(fault: Fault): void {
    this.#faults.add(fault);
  }

  /** No more faults, an empty log, no job under way, and jobs as they usually go. */
  reset(): void {
    this.#faults.clear();
    this.requests.length = 0;
    Object.assign(this.jobs, usualJobs());
    for (const { jobs } of this.#targets) jobs.reset();
  }

  /** The requests that changed this database. */
  writesTo(name: string): readonly FakeRequest[] {
    return this.requests.filter(({ database, wrote }) => database === name && wrote);
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
    for (const { d1 } of this.#targets) d1.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.#origin);
    const id = /\/(?:database|signed|upload)\/(?<id>[^/]+)/.exec(url.pathname)?.groups?.["id"];
    const target = this.#targets.find(({ d1 }) => d1.id === id);
    const version = target?.d1.version;
    const { answer, ...seen } = await this.#answer(request, url, target);
    const logged: FakeRequest = {
      method: request.method ?? "GET",
      path: url.pathname,
      ...seen,
      database: target?.d1.name,
      wrote: version !== target?.d1.version,
      status: answer === "cut" ? 0 : answer.status,
    };
    this.requests.push(logged);
    if (answer === "cut") request.socket.destroy();
    else send(response, answer);
  }

  async #answer(
    request: IncomingMessage,
    url: URL,
    target: FakeTarget | undefined,
  ): Promise<Pick<FakeRequest, "route" | "sql"> & { readonly answer: FakeAnswer }> {
    if (url.pathname.startsWith("/upload/"))
      return { route: "upload", sql: undefined, answer: await this.#receive(request, target) };
    const body = parseBody(await readAll(request));
    const route = findRoute(request.method ?? "GET", url.pathname, body);
    const seen = { route, sql: body.sql };
    if (route === undefined)
      return { ...seen, answer: refuse(404, 7003, "Could not route to this path") };
    const fault = this.#faults.take(route, target?.d1.name);
    // As the hosted one, which holds a poll back: wrangler asks again at once.
    if (route.endsWith("-poll")) await wait(20);
    const { accountId } = this;
    const databases = this.#targets.map(({ d1 }) => d1);
    const question = { route, url, body, accountId, databases, columnLists: this.#columnLists };
    if (route === "download" && (fault === undefined || fault.does === "half"))
      return { ...seen, answer: sendDump(url, target, fault) };
    if (fault !== undefined) return { ...seen, answer: answerHarmed(question, target, fault) };
    const refused = this.#refuse(request, route, url, target);
    if (refused !== undefined) return { ...seen, answer: refused };
    const answer =
      target === undefined ? answerAccount(question) : answerDatabase(question, target);
    return { ...seen, answer };
  }

  /** Who may not ask: a wrong token, another account, an id that is no database. */
  #refuse(
    { headers }: IncomingMessage,
    route: FakeRoute,
    url: URL,
    target: FakeTarget | undefined,
  ): FakeAnswer | undefined {
    const isOfAccount = /^(?:accounts|memberships|user)$/.test(route);
    if (headers.authorization !== `Bearer ${this.token}`) {
      if (route === "verify-token") return refuse(401, 1000, "Invalid API Token");
      return isOfAccount
        ? refuse(403, 9109, "Invalid access token")
        : refuse(401, 10000, "Authentication error");
    }
    const account = /\/accounts\/(?<id>[^/]+)/.exec(url.pathname)?.groups?.["id"];
    if (account !== undefined && account !== this.accountId)
      return refuse(
        403,
        7403,
        "The given account is not valid or is not authorized to access this service",
      );
    const id = /\/d1\/database\/(?<id>[^/]+)/.exec(url.pathname)?.groups?.["id"];
    return id !== undefined && target === undefined
      ? refuse(404, 7404, `The database ${id} could not be found`)
      : undefined;
  }

  /** The upload of a file; a cut comes after its first bytes. */
  async #receive(request: IncomingMessage, target: FakeTarget | undefined): Promise<FakeAnswer> {
    const fault = this.#faults.take("upload", target?.d1.name);
    if (fault?.does === "cut") {
      await once(request, "data");
      return "cut";
    }
    const text = await readAll(request);
    return target === undefined
      ? refuse(404, 7404, "no such upload")
      : answerUpload(text, target, fault);
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const parseBody = (bytes: Buffer): FakeBody =>
  bytes.length === 0 ? {} : (JSON.parse(bytes.toString("utf8")) as FakeBody);

/** Sends an answer. One that says to be longer than it is ends with the connection. */
function send(
  response: ServerResponse,
  { status, headers, text }: Exclude<FakeAnswer, "cut">,
): void {
  response.writeHead(status, headers);
  if (headers["content-length"] === undefined) response.end(text);
  else response.write(text, () => response.destroy());
}

/** The dump that an export made; by a fault half of it, with or without the connection being lost. */
function sendDump(url: URL, target: FakeTarget | undefined, fault: Fault | undefined): FakeAnswer {
  const text = target?.jobs.download(basename(url.pathname));
  const headers = { "content-type": "application/sql" };
  if (text === undefined)
    return { status: 403, headers, text: "<Error><Code>AccessDenied</Code></Error>" };
  if (fault === undefined) return { status: 200, headers, text };
  const half = text.slice(0, text.length >> 1);
  if (fault.applies === "all") return { status: 200, headers, text: half };
  return {
    status: 200,
    headers: { ...headers, "content-length": `${Buffer.byteLength(text)}` },
    text: half,
  };
}
