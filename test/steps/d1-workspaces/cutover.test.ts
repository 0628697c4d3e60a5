import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { warned } from "../../../scripts/engine/check.ts";
import { listRuns, type Journal } from "../../../scripts/engine/journal.ts";
import { cutoverParams } from "../../../scripts/steps/d1-workspaces/cutover-params.ts";
import {
  callResume,
  callRun,
  callStep,
  callUndo,
  type CallChoice,
} from "../../engine/fixtures/in-process.ts";
import { CutoverWorld } from "./cutover-world.ts";

let world: CutoverWorld;

beforeEach(async () => {
  world = new CutoverWorld();
  await world.open();
});
afterEach(() => world.remove());

const yes = (variables: Readonly<Record<string, string>> = {}, more: CallChoice = {}): CallChoice =>
  world.choice({ options: { yes: true }, ...more }, variables);
const silent = (variables: Readonly<Record<string, string>> = {}): CallChoice =>
  world.choice({}, variables);
const journal = (): Journal | undefined => listRuns(world.folder, "fake", "remote").at(-1);
const state = (step: string): string | undefined => journal()?.stateOf(step);
const at = (iso: string): void => {
  world.now = new Date(iso);
};
const config = { V2_API_CONFIG: "v2/api/wrangler.toml" };

const gates = ["deploy-api", "deploy-web", "internal-test", "switch-dns", "keep-v1", "clean-up"];

/** Passes the gates as far as that one, each by its name. */
async function passUntil(
  last: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  await callRun(world, { until: "validate" }, silent(variables));
  for (const gate of gates.slice(0, gates.indexOf(last) + 1))
    expect((await callStep(world, gate, yes(variables))).exitCode, gate).toBe(0);
}

/** As far as the switch; DNS follows at once. */
async function cutOver(): Promise<void> {
  await passUntil("internal-test");
  world.answers["/public"] = "v2";
  expect((await callStep(world, "switch-dns", yes())).exitCode).toBe(0);
}

describe("the deployment of v2", () => {
  test("without a configuration waits for a person, and names the host", async () => {
    const { exitCode, output } = await callRun(world, {}, silent());
    expect(exitCode).toBe(4);
    expect(output).toContain("deploy-api waits for a person: Is v2's API deployed");
    expect(output).toMatch(/Deploy v2's API worker to 127\.0\.0\.1:\d+/);
    expect(output).toContain("step fake deploy-api --env remote --yes");
    expect(world.wranglerCalls()).toEqual([]);
  });

  test("with one is wrangler's, in that folder, with the token in no argument", async () => {
    world.installWrangler("aaaa-1111");
    const { exitCode, output } = await callRun(world, { until: "deploy-api" }, silent(config));
    expect(exitCode).toBe(0);
    expect(output).toMatch(/✓ v2's API answers at http/);
    expect(world.wranglerCalls()).toEqual([
      "deployments status --json --cwd ./v2/api --config ./v2/api/wrangler.toml with the token",
      "deploy --cwd ./v2/api --config ./v2/api/wrangler.toml with the token",
    ]);
    expect(JSON.stringify(journal()?.records)).not.toContain("canary-token");
  });

  test("that does not answer as v2 has failed, and is not sent again for it", async () => {
    world.installWrangler("aaaa-1111");
    world.answers["/v2"] = "v1";
    const { exitCode, output } = await callRun(world, { until: "deploy-api" }, silent(config));
    expect(exitCode).toBe(1);
    expect(output).toContain(`its answer does not hold "\\"version\\":\\"2"`);
    world.answers["/v2"] = "v2";
    expect((await callResume(world, silent(config))).exitCode).toBe(4);
    expect(state("deploy-api")).toBe("done");
    expect(world.wranglerCalls().filter((call) => call.startsWith("deploy "))).toHaveLength(1);
  });

  test("that wrangler refuses is told in words", async () => {
    world.installWrangler("aaaa-1111");
    writeFileSync(join(world.folder, "deploy-fails"), "");
    const { exitCode, output } = await callRun(world, { until: "deploy-api" }, silent(config));
    expect(exitCode).toBe(1);
    expect(output).toContain("Cloudflare does not accept the login");
  });

  test("with a configuration that is not there is a mistake in the settings", async () => {
    const { exitCode, output } = await callRun(world, { until: "deploy-api" }, silent(config));
    expect(exitCode).toBe(2);
    expect(output).toContain("V2_API_CONFIG names a file that is not there");
  });

  test("goes back to the version that was there before the first attempt", async () => {
    world.installWrangler("aaaa-1111");
    await callRun(world, { until: "deploy-api" }, silent(config));
    world.installWrangler("bbbb-2222");
    await callStep(world, "deploy-api", silent(config));
    expect((await callUndo(world, yes(config))).exitCode).toBe(0);
    expect(world.wranglerCalls().at(-1)).toContain("rollback aaaa-1111 --message");
  });

  test("that was the first one asks a person on the way back", async () => {
    world.installWrangler(undefined);
    expect((await callRun(world, { until: "deploy-api" }, silent(config))).exitCode).toBe(0);
    const unnamed = await callUndo(world, yes(config));
    expect(unnamed.exitCode).toBe(4);
    expect(unnamed.output).toContain("undo fake --env remote --until deploy-api --yes");
    expect((await callUndo(world, yes(config), "deploy-api")).exitCode).toBe(0);
    expect(world.wranglerCalls().some((call) => call.startsWith("rollback"))).toBe(false);
  });
});

describe("the internal test", () => {
  test("needs the validation and the deployments of this run", async () => {
    const { exitCode, output } = await callStep(world, "internal-test", yes());
    expect(exitCode).toBe(3);
    for (const step of ["validate", "deploy-api", "deploy-web"])
      expect(output).toContain(`${step} is not done in this run`);
  });

  test("asks for what differs from v1", async () => {
    await passUntil("deploy-web");
    const { exitCode, output } = await callResume(world, silent());
    expect(exitCode).toBe(4);
    for (const word of ["HttpOnly", "sessions are not migrated", '"Default"', "viewer", "/api/"])
      expect(output).toContain(word);
  });

  test("does not begin while v2 does not answer", async () => {
    await passUntil("deploy-web");
    world.answers["/v2"] = "500";
    const { exitCode, output } = await callResume(world, yes());
    expect(exitCode).toBe(3);
    expect(output).toContain("status 500 instead of 200");
  });
});

describe("the switch of DNS", () => {
  test("is not begun while v1 has no address of its own that answers", async () => {
    await passUntil("internal-test");
    world.answers["/v1"] = "nothing";
    const { exitCode, output } = await callResume(world, yes());
    expect(exitCode).toBe(3);
    expect(output).toMatch(/v1's API, http\S+: it ended the connection/);
  });

  test("lists what a person does, and is proved by v2's mark at the public addresses", async () => {
    await passUntil("internal-test");
    const waits = await callResume(world, silent());
    expect(waits.exitCode).toBe(4);
    expect(waits.output).toContain("what v1 gets after the export is not in v2");
    const unproved = await callStep(world, "switch-dns", yes());
    expect(unproved.exitCode).toBe(1);
    expect(unproved.output).toContain(`its answer does not hold "/_next/"`);
    world.answers["/public"] = "v2";
    const { output } = await callResume(world, silent());
    expect(output).toContain("✓ the public web (v2) answers");
    expect(state("switch-dns")).toBe("done");
  });

  test("says what cannot be proved with these settings", async () => {
    const none = {
      PUBLIC_WEB_URL: "",
      PUBLIC_API_HEALTH_URL: "",
      V1_WEB_URL: "",
      V1_API_HEALTH_URL: "",
    };
    await passUntil("internal-test", none);
    const { output } = await callStep(world, "switch-dns", yes(none));
    expect(output).toContain("! nobody looks whether v1 stays reachable");
    expect(output).toContain("! nobody looks who answers after the switch");
    expect(state("switch-dns")).toBe("done");
  });

  test("warns when v1 has changed since the export", async () => {
    world.listChanges = async () => [warned("v1 has changed since the export: table records")];
    await passUntil("internal-test");
    const { output } = await callResume(world, silent());
    expect(output).toContain("! v1 has changed since the export: table records");
  });

  test("is taken back alone, the data stays, and v1 must answer at the public addresses", async () => {
    await cutOver();
    const early = await callUndo(world, yes(), "switch-dns");
    expect(early.exitCode).toBe(1);
    expect(early.output).toContain(`its answer holds "/_next/"`);
    world.answers["/public"] = "v1";
    expect((await callUndo(world, yes(), "switch-dns")).exitCode).toBe(0);
    expect([state("switch-dns"), state("internal-test")]).toEqual(["undone", "done"]);
    expect(journal()?.outcome).toBe("open");
  });
});

describe("v1 after the switch", () => {
  test("is kept until its days are over, and the run waits with the date", async () => {
    await cutOver();
    at("2026-12-10T12:00:00Z");
    const { exitCode, output } = await callResume(world, silent());
    expect(exitCode).toBe(4);
    expect(output).toContain("v1 is kept until 2026-12-21 12:00 UTC: 11 days more");
    expect(output).toMatch(/the way back: .* undo fake --env remote --until switch-dns/);
    expect(output).toContain("✓ v1's web answers");
    at("2026-12-21T12:00:00Z");
    const later = await callResume(world, silent());
    expect(state("keep-v1")).toBe("done");
    expect(later.output).toContain("clean-up waits for a person");
  });

  test("that does not answer any more is a failure: the way back is gone", async () => {
    await cutOver();
    world.answers["/v1"] = "nothing";
    const { exitCode, output } = await callResume(world, silent());
    expect(exitCode).toBe(1);
    expect(output).toContain("v1 does not answer, and until then it is the way back");
  });

  test("is kept as many days as the settings say, and given up early only with a reason", async () => {
    await cutOver();
    at("2026-11-23T12:00:01Z");
    const three = await callResume(world, silent({ V1_KEEP_DAYS: "3" }));
    expect(three.output).toContain("1 day more");
    const overrides = { "v1-days": "nobody used v2 yet" };
    await callRun(
      world,
      { from: "keep-v1", until: "keep-v1" },
      world.choice({ options: { overrides } }),
    );
    expect(state("keep-v1")).toBe("done");
    expect(journal()?.recall("v1-given-up")).toMatchObject({ reason: "nobody used v2 yet" });
  });
});

describe("the clean-up", () => {
  test("lists what goes, with the command for movebook's own tables, and ends the run", async () => {
    await cutOver();
    at("2027-01-10T12:00:00Z");
    const { output } = await callResume(world, silent());
    expect(output).toContain("archive/v1");
    expect(output).toMatch(
      /npx wrangler d1 execute dataos-v2 --remote --command '.*DROP TABLE IF EXISTS "?movebook_import"?/,
    );
    expect((await callStep(world, "clean-up", yes())).exitCode).toBe(0);
    expect(journal()?.outcome).toBe("done");
  });

  test("and everything before it can be gone back, one gate after the other", async () => {
    await cutOver();
    at("2027-01-10T12:00:00Z");
    await callResume(world, silent());
    expect((await callStep(world, "clean-up", yes())).exitCode).toBe(0);
    world.answers["/public"] = "v1";
    let output = "";
    for (const gate of ["clean-up", "switch-dns", "deploy-web", "deploy-api"]) {
      const undone = await callUndo(world, yes(), gate);
      expect(undone.exitCode, gate).toBe(0);
      output += undone.output;
    }
    const order = [...output.matchAll(/◀ (\S+):/g)].map(([, name]) => name);
    expect(order).toEqual(["clean-up", "switch-dns", "internal-test", "deploy-web", "deploy-api"]);
  });
});

describe("the settings of the cutover", () => {
  test("may be set when it comes: the run has begun long before", async () => {
    await passUntil("deploy-web", { PUBLIC_WEB_URL: "" });
    expect((await callResume(world, silent())).output).toContain("internal-test waits");
  });

  test("are all optional, not pinned, of remote only, with an example that they take", () => {
    for (const { required, pinned, places, parse, example } of cutoverParams) {
      expect([required, pinned, Object.keys(places)]).toEqual([false, false, ["remote"]]);
      expect(() => parse(example)).not.toThrow();
    }
  });
});
