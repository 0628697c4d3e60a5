import type { FakeD1, FakeMeta } from "./fake-d1.ts";
import type { DumpOptions } from "./fake-dump.ts";
import { FakeSqlError } from "./fake-statements.ts";

/** How the fake's jobs go; tests change the numbers. */
export interface JobSettings {
  /** Polls that are answered with `active` before the job is done. Infinity: never. */
  readonly polls: { import: number; export: number };
  /** Milliseconds after which a job that nobody polls is cancelled (Cloudflare: 15,000). */
  patience: number;
}

interface Job {
  readonly kind: "import" | "export";
  readonly bookmark: string;
  readonly finish: (share?: number) => Record<string, unknown>;
  left: number;
  seen: number;
}

type Answer = Record<string, unknown>;

const failed = (kind: Job["kind"], error: string): Answer => ({
  success: false,
  type: kind,
  error,
});

/** The one import or export that a database can have, and the requests that find it busy. */
export class FakeJobs {
  readonly #database: FakeD1;
  readonly #settings: JobSettings;
  /** Texts that were uploaded, by their MD5. */
  readonly #uploads = new Map<string, string>();
  /** Texts that can be downloaded, by name. */
  readonly #downloads = new Map<string, string>();
  #job: Job | undefined;
  /** Requests that still find an abandoned import under way. */
  #lingering = 0;

  constructor(database: FakeD1, settings: JobSettings) {
    this.#database = database;
    this.#settings = settings;
  }

  /** Why the database answers nothing now; undefined when it does. Jobs that nobody polls end here. */
  findBusy(): string | undefined {
    if (this.#lingering > 0) {
      this.#lingering -= 1;
      if (this.#lingering === 0) this.endJob("all");
      else return "Currently processing a long-running import.";
    }
    if (this.#job !== undefined && Date.now() - this.#job.seen > this.#settings.patience)
      this.#job = undefined;
    return this.#job === undefined
      ? undefined
      : `Currently processing a long-running ${this.#job.kind}.`;
  }

  /** No job under way, none that lingers. What was uploaded stays. */
  reset(): void {
    this.#job = undefined;
    this.#lingering = 0;
  }

  /** Starts an import that nobody is told of. */
  begin(etag: string): void {
    const left = Number.POSITIVE_INFINITY;
    const finish = (share?: number): Answer => this.#import(this.#uploads.get(etag) ?? "", share);
    const bookmark = this.#database.bookmark();
    this.#job = { kind: "import", bookmark, finish, left, seen: Date.now() };
  }

  /** Ends the job without anybody being told. `later`: it stays for three requests, and is applied then. */
  endJob(applies: "nothing" | "all" | "half" | "later"): void {
    if (applies === "later") {
      this.#lingering = 4;
      return;
    }
    const job = this.#job;
    this.#job = undefined;
    try {
      if (applies !== "nothing") job?.finish(applies === "half" ? 0.5 : 1);
    } catch (error) {
      if (!(error instanceof FakeSqlError)) throw error;
    }
  }

  upload(etag: string, text: string): void {
    this.#uploads.set(etag, text);
  }

  download(name: string): string | undefined {
    return this.#downloads.get(name);
  }

  /** `init`: where to upload; when it is there already, the import begins at once. */
  init(etag: string, uploadUrl: string): Answer {
    if (this.#uploads.has(etag)) return this.ingest(etag);
    const filename = `${this.#database.id}.${etag}.sql`;
    return { success: true, type: "import", filename, upload_url: uploadUrl, messages: [] };
  }

  /** `ingest`: starts the import, and is done at once when no polls are wanted. */
  ingest(etag: string): Answer {
    const text = this.#uploads.get(etag);
    if (text === undefined)
      return failed("import", `Input file ${this.#database.id}.${etag}.sql is missing or invalid.`);
    return this.#start("import", (share) => this.#import(text, share));
  }

  /** Starts an export; `origin` is where its file can be downloaded. */
  export(options: DumpOptions, origin: string): Answer {
    return this.#start("export", () => this.#export(options, origin));
  }

  poll(kind: Job["kind"], bookmark: unknown): Answer {
    const job = this.#job;
    if (job === undefined || job.kind !== kind || job.bookmark !== bookmark)
      return failed(kind, `Not currently ${kind}ing anything.`);
    job.seen = Date.now();
    return this.#proceed(job);
  }

  #start(kind: Job["kind"], finish: Job["finish"]): Answer {
    const bookmark = this.#database.bookmark();
    this.#job = { kind, bookmark, finish, left: this.#settings.polls[kind], seen: Date.now() };
    return this.#proceed(this.#job);
  }

  #proceed(job: Job): Answer {
    const { kind, bookmark } = job;
    const common = { success: true, type: kind, at_bookmark: bookmark };
    if (job.left-- > 0)
      return {
        ...common,
        status: "active",
        messages: [kind === "import" ? "Processed 0 queries." : "Uploaded part 1"],
      };
    this.#job = undefined;
    try {
      return { ...common, status: "complete", messages: [], result: job.finish() };
    } catch (error) {
      return failed(kind, error instanceof Error ? error.message : String(error));
    }
  }

  #import(text: string, share = 1): Answer {
    const { queries, meta }: { queries: number; meta: FakeMeta } = this.#database.import(
      text,
      share,
    );
    if (share < 1) throw new FakeSqlError("D1_RESET_DO");
    return { final_bookmark: this.#database.bookmark(), num_queries: queries, meta };
  }

  #export(options: DumpOptions, origin: string): Answer {
    const filename = `${this.#database.id}-${this.#database.bookmark()}.sql`;
    this.#downloads.set(filename, this.#database.dump(options));
    return { filename, signed_url: `${origin}/signed/${this.#database.id}/${filename}` };
  }
}
