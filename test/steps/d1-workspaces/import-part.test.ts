import { describe, expect, it, vi } from "vitest";
import type { D1Database, Row } from "../../../scripts/cloudflare/d1-database.ts";
import type { ImportManifest } from "../../../scripts/cloudflare/import-manifest.ts";
import {
  WranglerFailure,
  type WranglerErrorKind,
} from "../../../scripts/cloudflare/wrangler-errors.ts";
import { Failure } from "../../../scripts/engine/failure.ts";
import { sendPart } from "../../../scripts/steps/d1-workspaces/import-part.ts";
import { makeStepContext } from "../../db/step-context.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: () => Promise.resolve() }));

const marker = "b".repeat(64);
const manifest: ImportManifest = {
  format: 1,
  source: {},
  parts: [
    { part: 1, file: "part-0001.sql", bytes: 10, sha256: marker, marker, rows: { records: 10 } },
  ],
  tables: { records: 10 },
};

/** What v2 holds after each attempt, and how the attempt ends for whoever sent it. */
interface Attempt {
  readonly fails?: WranglerErrorKind;
  readonly rows: number;
  readonly marker: boolean;
}

const failure = (kind: WranglerErrorKind): WranglerFailure =>
  new WranglerFailure(kind, `it failed: ${kind}`, { what: `kind ${kind}`, rows: ["canary"] });

/** A v2 that does as it is told. */
class MadeTarget implements Pick<D1Database, "query" | "executeFile" | "place" | "name"> {
  readonly name = "v2";
  readonly id = "id";
  readonly place: "local" | "remote";
  readonly #attempts: Attempt[];
  #state: Attempt = { rows: 0, marker: false };
  sent = 0;
  /** So many questions are not answered. */
  deaf = 0;

  constructor(place: "local" | "remote", attempts: readonly Attempt[]) {
    this.place = place;
    this.#attempts = [...attempts];
  }

  query = async (): Promise<readonly (readonly Row[])[]> => {
    if (this.deaf-- > 0) throw failure("network");
    const { rows, marker: isIn } = this.#state;
    return [isIn ? [{ part: 1, sha256: marker, rows: 10 }] : [], [{ rows }]];
  };

  executeFile = async (): Promise<void> => {
    this.sent += 1;
    this.#state = this.#attempts.shift() ?? this.#state;
    if (this.#state.fails !== undefined) throw failure(this.#state.fails);
  };
}

const isIn = { rows: 10, marker: true };
const isOut = { rows: 0, marker: false };

async function send(target: MadeTarget): Promise<string[] | Failure> {
  const { context } = makeStepContext({});
  try {
    return await sendPart({ context, database: target as unknown as D1Database, manifest }, 0);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

describe("a part of the import", () => {
  it("counts when it was read back", async () => {
    const target = new MadeTarget("remote", [isIn]);
    expect(await send(target)).toEqual([]);
    expect(target.sent).toBe(1);
  });

  it("is not sent again when the connection was lost and it is in", async () => {
    const target = new MadeTarget("remote", [{ ...isIn, fails: "network" }]);
    const [note] = (await send(target)) as string[];
    expect(note).toContain("the part is in v2, whole");
    expect(target.sent).toBe(1);
  });

  it("is sent again when the connection was lost and it is not in", async () => {
    const lost = { ...isOut, fails: "network" as const };
    const target = new MadeTarget("remote", [lost, lost, isIn]);
    expect((await send(target)) as string[]).toHaveLength(2);
    expect(target.sent).toBe(3);
  });

  it("is sent again when wrangler says done and it is not there", async () => {
    const target = new MadeTarget("remote", [isOut, isIn]);
    expect(((await send(target)) as string[])[0]).toContain("did not go in");
  });

  it("is sent again after 'not importing'", async () => {
    const target = new MadeTarget("remote", [{ ...isOut, fails: "not-importing" }, isIn]);
    expect((await send(target)) as string[]).toHaveLength(1);
  });

  it("is given up after some attempts, and says how to go on", async () => {
    const target = new MadeTarget("remote", [{ ...isOut, fails: "network" }]);
    const thrown = (await send(target)) as Failure;
    expect(thrown.exitCode).toBe(1);
    expect(thrown.problems[0]?.todo).toContain("npx movebook resume");
    expect(target.sent).toBe(6);
  });

  it("is not sent again when its contents are refused", async () => {
    const target = new MadeTarget("remote", [{ ...isOut, fails: "constraint" }]);
    const thrown = (await send(target)) as Failure;
    expect(thrown.message).toContain("was refused, and nothing of it is in v2");
    expect(thrown.message).not.toContain("canary");
    expect(target.sent).toBe(1);
  });

  it("that went in partly says so, and names the way back", async () => {
    const target = new MadeTarget("remote", [{ rows: 4, marker: false, fails: "reset" }]);
    const thrown = (await send(target)) as Failure;
    expect(thrown.message).toBe("part 1 of 1 went in partly");
    expect(thrown.next).toContain("undo");
    expect(target.sent).toBe(1);
  });

  it("waits for an answer before anything is sent again", async () => {
    const target = new MadeTarget("remote", [{ ...isIn, fails: "network" }]);
    target.deaf = 3;
    expect((await send(target)) as string[]).toHaveLength(1);
    expect(target.sent).toBe(1);
  });
});
