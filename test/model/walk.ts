import type fc from "fast-check";
import { expect } from "vitest";
import { observe, type Ends, type Observed } from "./observed.ts";
import type { Machine, Shop } from "./shop.ts";
import { listReachable, wordsOf, type Deed } from "./transitions.ts";

/** A pair of databases, the two machines that work on it, and what v2 looks like before and after a move. */
export interface World {
  readonly shop: Shop;
  readonly machines: readonly [Machine, Machine];
  readonly ends: Ends;
}

/** What holds in every state that anybody can ever find v2 in. */
function verifyLegal({ ends }: World, observed: Observed): void {
  expect(observed.triggers).toBe(ends.before.triggers);
  expect([ends.before.rows, ends.finished.rows]).toContain(observed.rows);
  if (observed.state === "before") expect(observed.all).toBe(ends.before.all);
  if (observed.state === "finished") expect(observed.all).toBe(ends.finished.all);
}

/** Both machines say whether keys are missing; without a ledger only the one whose journal knows can. */
async function verifyStatus({ machines }: World, observed: Observed): Promise<void> {
  for (const machine of machines) {
    const { code: exitCode, output } = await machine.call({ verb: "status" });
    if (observed.state === "keys-lost" && !machine.hasRuns()) continue;
    expect(exitCode, `${machine.name}: ${observed.state}\n${output}`).toBe(
      observed.keysMissing ? 6 : 0,
    );
  }
}

/** The table of transitions.ts allows to come from there to here. */
const verifyReachable = (
  deed: Deed,
  { before, after }: { readonly before: Observed; readonly after: Observed },
  told: string,
): void => expect([...listReachable(deed, before.state)], told).toContain(after.state);

/** An exit code that says more than what was done, or less, is a lie. */
function verifyExit(deed: Deed, exitCode: number, before: Observed, after: Observed): void {
  expect([0, 1, 3, 5, 6]).toContain(exitCode);
  if (exitCode === 3) expect(after.all).toBe(before.all);
  if (["run", "resume", "undo"].includes(deed) && (exitCode === 0 || exitCode === 1))
    expect(after.keysMissing).toBe(false);
  if (exitCode !== 0) return;
  if (deed === "run" || deed === "resume") expect(after.state).toBe("finished");
  if (deed === "postimport") expect(after.state).toBe("finished");
  if (deed === "restore-foreign-keys") expect(after.keysMissing).toBe(false);
  if (deed === "drop-foreign-keys") expect(after.keysMissing).toBe(true);
  if (deed === "import") expect(["loaded", "loaded-without-keys"]).toContain(after.state);
}

type Walked = fc.AsyncCommand<object, World>;

export class Called implements Walked {
  readonly deed: Deed;
  readonly machine: 0 | 1;

  constructor(deed: Deed, machine: 0 | 1) {
    this.deed = deed;
    this.machine = machine;
  }

  check = (): boolean => true;

  async run(_: object, world: World): Promise<void> {
    const before = await observe(world.shop, world.ends);
    const { code: exitCode, output } = await world.machines[this.machine].call(wordsOf(this.deed));
    const after = await observe(world.shop, world.ends);
    const told = `${String(this)}: ${before.state} → ${after.state}, exit ${exitCode}\n${output}`;
    verifyReachable(this.deed, { before, after }, told);
    try {
      verifyLegal(world, after);
      verifyExit(this.deed, exitCode, before, after);
    } catch (error) {
      throw new Error(told, { cause: error });
    }
    await verifyStatus(world, after);
  }

  toString = (): string => `${this.deed} on ${this.machine === 0 ? "a" : "b"}`;
}

export class Killed implements Walked {
  readonly deed: Deed;
  readonly after: number;

  constructor(deed: Deed, after: number) {
    this.deed = deed;
    this.after = after;
  }

  check = (): boolean => true;

  async run(_: object, world: World): Promise<void> {
    const before = await observe(world.shop, world.ends);
    await world.machines[0].kill(wordsOf(this.deed), this.after);
    await waitForQuiet(world.shop);
    const after = await observe(world.shop, world.ends);
    const told = `${String(this)}: ${before.state} → ${after.state}`;
    verifyReachable(this.deed, { before, after }, told);
    verifyLegal(world, after);
    await verifyStatus(world, after);
  }

  toString = (): string => `${this.deed} on a, killed after ${this.after} ms`;
}

async function waitForQuiet(shop: Shop): Promise<void> {
  const sql = `select count(*) from pg_stat_activity where datname = current_database() and application_name like 'movebook%'`;
  for (let tries = 0; tries < 1_200 && (await shop.inV2(sql)) !== "0"; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Somebody drops the ledger's schema. Only while machine a has its journal: without both nobody could know. */
export class LedgerDropped implements Walked {
  check = (): boolean => true;

  async run(_: object, world: World): Promise<void> {
    const { state } = await observe(world.shop, world.ends);
    if (!world.machines[0].hasRuns() || state === "undoing") return;
    await world.shop.inV2("drop schema if exists movebook cascade");
    const after = await observe(world.shop, world.ends);
    verifyLegal(world, after);
    await verifyStatus(world, after);
  }

  toString = (): string => "the ledger is dropped by hand";
}

/** A machine is lost. What it alone knew must not be needed. */
export class MachineLost implements Walked {
  check = (): boolean => true;

  async run(_: object, world: World): Promise<void> {
    const { state } = await observe(world.shop, world.ends);
    if (state === "keys-lost" || state === "loaded-unknown" || state === "finished") return;
    world.machines[0].wipe();
    await verifyStatus(world, await observe(world.shop, world.ends));
  }

  toString = (): string => "machine a is lost";
}

/** Leads out of wherever the walk has ended: resume or undo, here or there, until v2 is finished or as before. */
export async function leadOut(world: World): Promise<void> {
  const { shop, machines, ends } = world;
  const tried: string[] = [];
  for (const verb of ["resume", "undo", "resume", "undo"] as const)
    for (const machine of machines) {
      const { state } = await observe(shop, ends);
      if (state === "finished" || state === "before") return;
      const { code: exitCode, output } = await machine.call({ verb });
      tried.push(`${verb} on ${machine.name} in ${state}: exit ${exitCode}\n${output}`);
    }
  const observed = await observe(shop, ends);
  expect(["finished", "before"], tried.join("\n")).toContain(observed.state);
  verifyLegal(world, observed);
}
