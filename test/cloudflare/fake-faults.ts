/** A request of Cloudflare's API that the fake knows. */
export type FakeRoute =
  | "verify-token"
  | "user"
  | "accounts"
  | "memberships"
  | "graphql"
  | "list"
  | "info"
  | "query"
  | "import-init"
  | "upload"
  | "import-ingest"
  | "import-poll"
  | "export-start"
  | "export-poll"
  | "download"
  | "bookmark"
  | "restore";

/**
 * What goes wrong:
 * - a number: the API answers with that HTTP status (429, 500, 503 …) and an error of Cloudflare's
 * - `html`: a gateway answers in its place, with a page
 * - `cut`: the connection is closed without an answer; an upload is cut after its first bytes
 * - `refuse`: HTTP 200, `success: false` in the envelope
 * - `idle`: the import says `Not currently importing anything.`
 * - `cancelled`: the import says that nobody polled for 15 seconds
 * - `reset`: the import or export says D1_RESET_DO
 * - `error`: the poll answers with the status `error`
 * - `busy`: the database says that it processes a long-running import or export
 * - `wrong-etag`: the upload answers with the checksum of something else
 * - `half`: the download is cut in its midst; with `applies: "all"` it ends there as if it were whole
 */
export type FakeHarm =
  | number
  | "html"
  | "cut"
  | "refuse"
  | "idle"
  | "cancelled"
  | "reset"
  | "error"
  | "busy"
  | "wrong-etag"
  | "half";

export interface Fault {
  readonly at: FakeRoute;
  readonly does: FakeHarm;
  /** Name of the database; default: any. */
  readonly database?: string;
  /** So many requests pass before. Default: 0. */
  readonly after?: number;
  /** So many requests are harmed; Infinity for always. Default: 1. */
  readonly times?: number;
  /**
   * What the request does all the same: `nothing` (default; an import under way is given up), `all`, the first `half`
   * of the statements of an import, or, for an import that was cut, `later`: it goes on by itself, the next three
   * requests find the database busy, and then it is applied.
   */
  readonly applies?: "nothing" | "all" | "half" | "later";
}

interface Ordered {
  readonly fault: Fault;
  passing: number;
  left: number;
}

/** The faults that a test has ordered, and which of them is due. */
export class FaultOrders {
  #orders: Ordered[] = [];

  add(fault: Fault): void {
    this.#orders.push({ fault, passing: fault.after ?? 0, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#orders = [];
  }

  /** The fault for this request, and counts it. */
  take(route: FakeRoute, database: string | undefined): Fault | undefined {
    const order = this.#orders.find(
      ({ fault, left }) =>
        left > 0 && fault.at === route && (fault.database ?? database) === database,
    );
    if (order === undefined) return undefined;
    if (order.passing-- > 0) return undefined;
    order.left -= 1;
    return order.fault;
  }
}

/** Codes and texts as Cloudflare's API gives them with these statuses. */
export function describeStatus(status: number): {
  readonly code: number;
  readonly message: string;
} {
  switch (status) {
    case 401:
      return { code: 10000, message: "Authentication error" };
    case 403:
      return {
        code: 7403,
        message: "The given account is not valid or is not authorized to access this service",
      };
    case 429:
      return { code: 971, message: "Please wait and consider throttling your request speed" };
    case 503:
      return { code: 7009, message: "Upstream service unavailable" };
    default:
      return { code: 7500, message: "internal error" };
  }
}

/** What the result of an import or export says, when the job itself has failed. */
export function describeHarm(
  harm: FakeHarm,
  kind: "import" | "export",
): Record<string, unknown> | undefined {
  const failed = (error: string): Record<string, unknown> => ({
    success: false,
    type: kind,
    error,
  });
  switch (harm) {
    case "idle":
      return failed("Not currently importing anything.");
    case "cancelled":
      return failed(
        "Cancelled due to no poll() received in 15000ms. Latest messages:\n    Processed 0 queries.",
      );
    case "reset":
      return failed("D1_RESET_DO");
    case "busy":
      return failed(`Currently processing a long-running ${kind}.`);
    case "error":
      return {
        success: true,
        type: kind,
        status: "error",
        error: "internal error",
        messages: ["Processed 0 queries."],
      };
    default:
      return undefined;
  }
}
