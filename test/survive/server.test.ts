import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Point } from "./support/fault-proxy.ts";
import { mountSmall, startAgain, stopImmediately } from "./support/restart.ts";
import { waitForQuiet } from "./support/stage.ts";
import { locate, prepare, type TrialStage } from "./support/trial.ts";
import { findTruth, listDifferences } from "./support/truth.ts";

/* What a server and its disk do to a move, and a network that is gone for a while. */

let made: TrialStage;
let ends: (() => void)[] = [];
beforeAll(async () => {
  made = await prepare([
    { from: "fresh", words: "step preflight", to: "preflighted" },
    { from: "preflighted", words: "step dump", to: "dumped" },
    { from: "dumped", words: "step drop-foreign-keys", to: "keys-dropped" },
    { from: "dumped", words: "step import", to: "imported" },
    { from: "keys-dropped", words: "step import", to: "loaded" },
    { from: "loaded", words: "step restore-foreign-keys", to: "restored" },
  ]);
});
afterAll(async () => {
  for (const end of ends) end();
  await made.stage.stop();
});

const resume = async (): Promise<readonly string[]> => {
  const { code, output } = await made.stage.call("resume");
  return code === 0 ? listDifferences(made.finished, await made.stage.picture()) : [output];
};

/** Before the message that begins so. */
const pointOf = (
  from: string,
  words: string,
  program: Point["program"],
  at: string | number,
): Point => locate(made, { from, words, program, at, when: "before" });

afterEach(() => {
  made.stage.toV2.isDown = false;
});

describe("the server is stopped with -m immediate", () => {
  test.each([
    ["dumped", "step import", "psql", `copy "public"."litter"`, 0],
    ["loaded", "step restore-foreign-keys", "movebook", "alter table", 6],
  ] as const)("from %s, in %s", async (from, words, program, begins, unsafe) => {
    const { stage } = made;
    await stage.goBackTo(from);
    let stopped: ReturnType<typeof stopImmediately> | undefined;
    stage.toV2.arm(pointOf(from, words, program, begins), async () => {
      stopped = stopImmediately(stage.v2);
      await stopped;
    });
    const { code, output } = await stage.call(words);
    expect(code, output).toBe(unsafe === 6 ? 6 : 1);
    expect(output).toMatch(/connection to .*(?:was lost|v2)|was lost/u);
    const down = await stage.call("status");
    expect(down.code, down.output).not.toBe(0);
    expect(down.output).toContain("cannot connect");
    if (stopped === undefined) throw new Error("never stopped");
    ends.push(await startAgain(stage.v2, await stopped));
    expect((await stage.call("status")).code).toBe(unsafe);
    expect(await resume()).toEqual([]);
  });
});

describe("the network is gone for a while", () => {
  test.each([
    ["fresh", "step preflight", "movebook", 0.4],
    ["keys-dropped", "step import", "psql", "copy"],
    ["loaded", "step restore-foreign-keys", "movebook", "alter table"],
  ] as const)(
    "from %s, in %s: no defect is told, and it goes on later",
    async (from, words, program, begins) => {
      const { stage } = made;
      await stage.goBackTo(from);
      const goDown = (): void => {
        stage.toV2.isDown = true;
        stage.toV2.cutAll();
      };
      stage.toV2.arm(pointOf(from, words, program, begins), goDown);
      const { code, output } = await stage.call(words);
      expect(output).not.toContain("defect of movebook");
      expect(code, output).toBe(from === "fresh" ? 3 : 6);
      const away = await stage.call("status");
      expect(away.code, away.output).toBe(from === "fresh" ? 1 : 6);
      stage.toV2.isDown = false;
      await waitForQuiet(stage.v2);
      expect(await resume()).toEqual([]);
    },
  );
});

describe("the disk is full", () => {
  const folder = mkdtempSync(join(tmpdir(), "movebook-small-"));
  const unmount = mountSmall(folder, 12);
  afterAll(() => {
    unmount?.();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.skipIf(unmount === undefined)("as root, on a file system of 12 MB", () => {
    const filler = join(folder, "filler");
    beforeEach(() => rmSync(filler, { force: true }));

    test("of the dump: it says which, and goes on when there is room", async () => {
      const { stage } = made;
      await stage.goBackTo("preflighted");
      const tmp = join(stage.here.folder, "tmp");
      rmSync(tmp, { recursive: true });
      mkdirSync(tmp);
      const off = mountSmall(tmp, 2);
      try {
        expect((await stage.call("step preflight")).code).toBe(0);
        await stage.inV1(
          "insert into kennel (id, name) select i, repeat('x', 100000) || i from generate_series(1001, 1040) i",
        );
        const full = await stage.call("step dump");
        expect(full.code, full.output).toBe(1);
        expect(full.output).toMatch(/disk under the run's folder is full/u);
        expect(full.output).toContain(stage.here.newestRun());
        await stage.inV1("delete from kennel where id > 1000");
        const again = await stage.call("step dump");
        expect(again.code, again.output).toBe(0);
      } finally {
        off?.();
      }
    });

    test("of v2's server: it says so, v2 is as before, and goes on when there is room", async () => {
      const { stage } = made;
      const { uid, gid } = statSync(join(stage.v2.folder, "data"));
      const space = join(folder, "space");
      mkdirSync(space);
      chownSync(space, uid, gid);
      await stage.v2.psql("postgres", `create tablespace small location '${space}'`);
      await stage.goBackTo("dumped");
      await stage.v2.psql("postgres", "alter database kennel set tablespace small");
      const before = await findTruth(stage, made.before);
      const { bavail, bsize } = await import("node:fs").then(({ statfsSync }) =>
        statfsSync(folder),
      );
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - 16_384)));
      const full = await stage.call("step import");
      expect(full.code, full.output).toBe(1);
      expect(full.output).toContain("No space left on device");
      expect(full.output).toContain("Give v2's server more disk space");
      rmSync(filler);
      await waitForQuiet(stage.v2);
      expect(await findTruth(stage, made.before)).toEqual(before);
      expect(await resume()).toEqual([]);
    });
  });
});
