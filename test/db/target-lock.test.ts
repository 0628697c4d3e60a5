import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { lockTarget } from "../../scripts/steps/data-move/target-lock.ts";
import { makeStepContext } from "./step-context.ts";

let server: ThrowawayServer;
let url: string;

beforeAll(async () => {
  server = await startThrowawayServer();
  const password = await server.createRole("app");
  await server.createDatabase("shop", { owner: "app" });
  url = server.url("shop", "app", password);
});
afterAll(() => server.stop());

const lock = () => lockTarget(makeStepContext({ target: url }).context);
const endSession = (): Promise<string> =>
  server.psql(
    "shop",
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'movebook test-run%'",
  );

describe("the lock on the target", () => {
  test("keeps a second operator away, and tells who holds it", async () => {
    const held = await lock();
    await expect(lock()).rejects.toMatchObject({
      exitCode: 3,
      problems: [{ what: expect.stringContaining("movebook test-run dev") as string }],
    });
    await held.release();
    await (await lock()).release();
  });

  test("says when its session is lost, and releasing it then ends", async () => {
    const held = await lock();
    const signal = held.lost as AbortSignal;
    const lost = once(signal, "abort");
    await endSession();
    await lost;
    expect((signal.reason as Error).message).toContain("connection to the server was closed");
    await held.release();
    await (await lock()).release();
  });

  test("is not lost when it is released", async () => {
    const held = await lock();
    await held.release();
    await endSession();
    expect(held.lost?.aborted).toBe(false);
  });
});
