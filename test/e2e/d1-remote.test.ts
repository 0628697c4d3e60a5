import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeCloudflare } from "../cloudflare/fake-cloudflare.ts";
import {
  listHazards,
  makeD1Move,
  readAll,
  v1Named,
  v2Named,
  type D1Move,
  type Ended,
} from "./support/d1-move.ts";

const minutes = 60_000;
const remote = ["--env", "remote"];
const confirmed = [...remote, "--confirm", v2Named.name];
const preflight = ["step", "d1-workspaces", "preflight", ...remote];

describe("a move at Cloudflare, whose connection is lost", { timeout: 15 * minutes }, () => {
  let fake: FakeCloudflare;
  let move: D1Move;
  let v1Before = "";
  let v2Before = "";
  let ended: Ended;

  beforeAll(async () => {
    fake = await FakeCloudflare.start({ databases: [v1Named, v2Named] });
    move = makeD1Move({ fake, hazards: true, product: { longRecords: 0 } });
    v1Before = move.picture("v1");
    v2Before = move.picture("v2");
    // the ledger goes in; the answer to the part after it is lost, and D1 takes it all the same
    fake.order({
      at: "import-ingest",
      does: "cut",
      applies: "all",
      database: v2Named.name,
      after: 1,
    });
    ended = await move.movebook(["run", "d1-workspaces", ...confirmed, "--until", "validate"]);
  }, 15 * minutes);
  afterAll(async () => {
    move.remove();
    await fake.stop();
  });

  it("arrives all the same: v2 is asked, and nothing is sent twice", () => {
    expect(ended.output).toContain("the part is in v2, whole");
    expect(ended.output).toContain("RESULT: PASS");
    expect(ended.code).toBe(0);
    expect(fake.writesTo(v2Named.name)).toHaveLength(2);
  });

  it("has every hazard in v2 as it was made, in value and type", () => {
    for (const { name, meant, stored } of listHazards(move, "v2"))
      expect(stored, name).toStrictEqual(meant);
  });

  it("writes nothing to v1", () => {
    expect(fake.writesTo(v1Named.name)).toEqual([]);
    expect(move.picture("v1")).toBe(v1Before);
  });

  it("remembers the bookmark before its first write, and the token nowhere", () => {
    const written = readAll(join(move.folder, "tmp"));
    expect(written.indexOf('"import-bookmark"')).toBeGreaterThan(-1);
    expect(written).not.toContain(fake.token);
    expect(ended.output).not.toContain(fake.token);
  });

  it("says in its status what v2 holds", async () => {
    const { output, code } = await move.movebook(["status", "d1-workspaces", ...remote]);
    expect(output).toContain("1 of 1 part in v2");
    expect(output).toContain("v2 holds all 1 part of this import");
    expect(code).toBe(0);
  });

  it("goes back to the bookmark", async () => {
    const undone = await move.movebook(["step", "d1-workspaces", "rollback", ...confirmed]);
    expect(undone.output).toContain("v2 was restored to the bookmark");
    expect(undone.code).toBe(0);
    expect(move.picture("v2")).toBe(v2Before);
  });
});

describe("settings that do not belong together", { timeout: 5 * minutes }, () => {
  let fake: FakeCloudflare;
  let move: D1Move;

  beforeAll(async () => {
    fake = await FakeCloudflare.start({ databases: [v1Named, v2Named] });
    move = makeD1Move({
      fake,
      v2: ["INSERT INTO users VALUES ('u', 'e', 'n', 'h', 'admin', 1, 'c', 'u')"],
    });
  });
  afterAll(async () => {
    move.remove();
    await fake.stop();
  });

  it("are refused with all other problems in one list, and nothing is changed", async () => {
    const v2Before = move.picture("v2");
    move.writeEnv({ V2_D1_NAME: "dataos-db" });
    move.decide({});
    const { output, code } = await move.movebook(preflight);
    expect(output).toContain(`v2: the id ${v2Named.id} belongs to dataos-v2, not to dataos-db`);
    expect(code).toBe(3);
    move.writeEnv({ V2_D1_NAME: v2Named.name });
    const rest = await move.movebook(preflight);
    expect(rest.output).toContain("v2 is not empty: users holds 1 row");
    expect(rest.output).toContain("views has no home in v2: 12 rows");
    expect(rest.output).toContain("lets v1 answer nobody while it runs");
    expect(rest.code).toBe(3);
    expect(move.picture("v2")).toBe(v2Before);
    expect(fake.requests.filter(({ wrote }) => wrote)).toEqual([]);
  });

  it("are refused when both sides are one database", async () => {
    move.writeEnv({ V2_D1_ID: v1Named.id });
    const { output, code } = await move.movebook(preflight);
    expect(output).toContain("v1 and v2 are the same database");
    expect(code).toBe(3);
  });
});
