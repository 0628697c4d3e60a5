import fc from "fast-check";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { observe, type Ends } from "./observed.ts";
import { startShops, type Shop, type Shops } from "./shop.ts";
import { deeds, type Deed } from "./transitions.ts";
import { Called, Killed, leadOut, LedgerDropped, MachineLost, type World } from "./walk.ts";

/*
 * Walks the state machine of runbooks/data-move.md: any order of commands, on two machines, with kills, a ledger that
 * somebody drops and a machine that is lost. After each command v2 must be in a state that the machine's table allows,
 * and status must tell it; from wherever a walk ends, movebook must lead out.
 */

let shops: Shops;
let ends: Ends;

/** A fixed seed, so that a failure is no matter of luck; MOVEBOOK_SEED walks elsewhere. */
const seed = Number(process.env["MOVEBOOK_SEED"] ?? 4);
const walks = Number(process.env["MOVEBOOK_WALKS"] ?? 1);

async function makeMachines(shop: Shop): Promise<World["machines"]> {
  return [await shop.makeMachine("a"), await shop.makeMachine("b")];
}

const remove = (machines: World["machines"]): void => {
  for (const { folder } of machines) rmSync(folder, { recursive: true, force: true });
};

beforeAll(async () => {
  shops = await startShops();
  const shop = await shops.make();
  const machines = await makeMachines(shop);
  const before = await observe(shop);
  const { code: exitCode, output } = await machines[0].call({ verb: "run" });
  if (exitCode !== 0) throw new Error(output);
  ends = { before, finished: await observe(shop) };
  remove(machines);
});
afterAll(() => shops.stop());

const machine = fc.constantFrom<0 | 1>(0, 0, 0, 1);
const commands = [
  fc.tuple(fc.constantFrom(...deeds), machine).map(([deed, on]) => new Called(deed, on)),
  fc
    .tuple(fc.constantFrom<Deed>("import", "postimport", "resume", "undo"), machine)
    .map(([deed, on]) => new Called(deed, on)),
  fc
    .tuple(fc.constantFrom<Deed>("import", "resume", "undo"), fc.integer({ min: 400, max: 2_000 }))
    .map(([deed, after]) => new Killed(deed, after)),
  fc.constantFrom(new LedgerDropped(), new MachineLost()),
];

const on = (...names: readonly Deed[]): Called[] => names.map((deed) => new Called(deed, 0));

/** How a walk begins: each state of the machine is left in every direction. */
const beginnings: Readonly<Record<string, readonly fc.AsyncCommand<object, World>[]>> = {
  "v2 as it was": [],
  "keys are dropped": on("dump", "drop-foreign-keys"),
  "rows are there, keys are not": on("dump", "drop-foreign-keys", "import"),
  "rows are there": on("dump", "import"),
  "the move is finished": on("run"),
  "keys are dropped, and the ledger too": [...on("drop-foreign-keys"), new LedgerDropped()],
  "rows are there, the ledger is not": [...on("dump", "import"), new LedgerDropped()],
};

test.each(Object.entries(beginnings))(
  "from where %s, any walk stays within the table, tells the truth and finds out",
  async (_, beginning) => {
    const walk = fc.asyncProperty(fc.commands(commands, { maxCommands: 6 }), async (walked) => {
      const shop = await shops.make();
      const world = { shop, machines: await makeMachines(shop), ends };
      try {
        for (const command of beginning) await command.run({}, world);
        await fc.asyncModelRun(() => ({ model: {}, real: world }), walked);
        await leadOut(world);
      } finally {
        remove(world.machines);
      }
    });
    await expect(
      fc.assert(walk, { seed, numRuns: walks, endOnFailure: true }),
    ).resolves.toBeUndefined();
  },
  900_000,
);
