import { array, assert, bigInt, boolean, option, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { nextValue, planSequences } from "../../scripts/postgres/sequence-plan.ts";
import {
  columnKey,
  type DataExtremes,
  type Draw,
  type Extremes,
  type Sequence,
} from "../../scripts/postgres/sequences.ts";

const column = (table: string, name = "id"): Draw => ({
  schema: "public",
  table,
  column: name,
  compared: true,
});

const animalId = column("Animal");

const buildSequence = (of: Partial<Sequence> = {}): Sequence => ({
  schema: "public",
  name: "Animal_id_seq",
  kind: "serial",
  owner: animalId,
  draws: [animalId],
  type: "integer",
  start: 1n,
  increment: 1n,
  min: 1n,
  max: 2147483647n,
  cycle: false,
  state: { last: 1n, called: false },
  owned: true,
  maySet: true,
  extension: null,
  ...of,
});

const at = (last: number | bigint, called = true): Sequence["state"] => ({
  last: BigInt(last),
  called,
});
const alone = (of: Partial<Sequence> = {}): Sequence =>
  buildSequence({ name: "invoice_number", kind: "alone", owner: null, draws: [], ...of });
const data = (largest: number, smallest = 1, of: Draw = animalId): DataExtremes =>
  new Map([[columnKey(of), { largest: BigInt(largest), smallest: BigInt(smallest) }]]);
const none: DataExtremes = new Map();
const only = (source: Sequence | undefined, target: Sequence, extremes = none): unknown => {
  const { settings, right, problems } = planSequences(
    source === undefined ? [] : [source],
    [target],
    extremes,
  );
  if (problems.length > 0) return problems[0]?.what;
  return right.length === 1 ? "right" : settings[0]?.state;
};

describe("the state that a sequence of v2 gets", () => {
  it("is v1's, also when the last rows of v1 were deleted", () => {
    expect(only(buildSequence({ state: at(120) }), buildSequence(), data(90))).toEqual(at(120));
  });
  it("is not behind v2's data, when v1's sequence was", () => {
    expect(only(buildSequence({ state: at(5) }), buildSequence(), data(90))).toEqual(at(90));
  });
  it("is not lowered", () => {
    const target = buildSequence({ state: at(500) });
    expect(only(buildSequence({ state: at(120) }), target, data(90))).toBe("right");
  });
  it("stays never called when v1's was and there is no data", () => {
    expect(only(buildSequence(), buildSequence())).toBe("right");
    const started = buildSequence({ start: 1000n, state: at(1000, false) });
    expect(only(started, buildSequence())).toEqual(at(1000, false));
  });
  it("keeps what was not yet given out: RESTART WITH 50 in v1", () => {
    expect(only(buildSequence({ state: at(50, false) }), buildSequence(), data(49))).toEqual(
      at(50, false),
    );
  });
  it("goes past data that holds the value that was about to come", () => {
    expect(only(buildSequence({ state: at(50, false) }), buildSequence(), data(50))).toEqual(
      at(50),
    );
  });
  it("is found by the owning column when v2 renamed the sequence", () => {
    const renamed = buildSequence({ name: "animal_pk" });
    expect(only(buildSequence({ state: at(77) }), renamed)).toEqual(at(77));
  });
  it("is found by the drawing column when no column owns it", () => {
    const source = alone({ name: "ids", draws: [animalId], state: at(77) });
    expect(only(source, buildSequence())).toEqual(at(77));
  });
  it("prefers the column to the name", () => {
    const swapped = alone({ name: "Animal_id_seq", state: at(9000) });
    const { settings } = planSequences(
      [swapped, buildSequence({ name: "old", state: at(7) })],
      [buildSequence()],
      none,
    );
    expect(settings[0]?.state).toEqual(at(7));
  });
  it("is found by name when it stands alone", () => {
    expect(only(alone({ state: at(25) }), alone())).toEqual(at(25));
  });
  it("comes from the data when v2's sequence is new", () => {
    expect(only(undefined, buildSequence(), data(42))).toEqual(at(42));
  });
  it("is the furthest of all columns that share the sequence", () => {
    const draws = [column("Cat"), column("Dog")];
    const shared = alone({ name: "pet_ids", draws });
    const extremes: DataExtremes = new Map([
      ...data(10, 1, column("Cat")),
      ...data(99, 1, column("Dog")),
    ]);
    expect(only({ ...shared, state: at(50) }, shared, extremes)).toEqual(at(99));
  });
  it("mirrors for descending ones", () => {
    const down = buildSequence({
      increment: -1n,
      min: -100000n,
      max: -1n,
      start: -1n,
      state: at(-1, false),
    });
    expect(only({ ...down, state: at(-40) }, down, data(-1, -70))).toEqual(at(-70));
    expect(only({ ...down, state: at(-90) }, down, data(-1, -70))).toEqual(at(-90));
    expect(only({ ...down, state: at(-40) }, { ...down, state: at(-60) }, none)).toBe("right");
  });
  it("is v1's as it is for cycling ones, even when that is lower", () => {
    const ring = buildSequence({ cycle: true, max: 100n, state: at(3) });
    expect(only(ring, { ...ring, state: at(90) }, data(100))).toEqual(at(3));
  });
  it("stays on the sequence's own steps when it goes past data", () => {
    const odd = buildSequence({ increment: 2n, state: at(5) });
    expect(only(odd, buildSequence({ increment: 2n }), data(10))).toEqual(at(11));
  });
  it("may be the limit, when v1's is", () => {
    const full = buildSequence({ max: 100n, state: at(100) });
    expect(only(full, buildSequence({ max: 100n }), data(100))).toEqual(at(100));
  });
  it("is not used up by one row at the limit that v1 lived with", () => {
    const extremes: DataExtremes = new Map<string, Extremes>([
      [
        columnKey(animalId),
        { smallest: 1n, largest: 2147483647n, inner: { smallest: 1n, largest: 60n } },
      ],
    ]);
    const plan = planSequences([buildSequence({ state: at(42) })], [buildSequence()], extremes);
    expect(plan.settings[0]?.state).toEqual(at(60));
    expect(plan.notes[0]).toContain("reaches its limit");
  });
  it("ignores what cannot be compared: a text that holds the number", () => {
    const target = buildSequence({ draws: [{ ...animalId, compared: false }] });
    expect(only(buildSequence({ state: at(5) }), target, data(90))).toEqual(at(5));
  });
});

describe("a sequence that cannot get its state", () => {
  it("is a problem by name when v2's limits are too narrow", () => {
    const wide = buildSequence({
      type: "bigint",
      max: 9223372036854775807n,
      state: at(3000000000),
    });
    expect(only(wide, buildSequence())).toBe(
      "sequence Animal_id_seq must go on from 3000000000, but v2 lets it count from 1 to 2147483647 only",
    );
  });
  it("is a problem when the role may not set it", () => {
    expect(
      only(buildSequence({ state: at(5) }), buildSequence({ maySet: false, owned: false })),
    ).toMatch(/may not set it$/u);
  });
  it("is no problem when it needs nothing, belongs to an extension, or is somebody else's", () => {
    expect(only(buildSequence(), buildSequence({ maySet: false }))).toBe("right");
    expect(only(buildSequence({ state: at(5) }), buildSequence({ extension: "x" }))).toBe("right");
    expect(only(alone({ state: at(5) }), alone({ owned: false, maySet: false }))).toBe("right");
  });
});

describe("a plan", () => {
  it("leaves the sequences of tables that are not moved alone", () => {
    const { right, settings } = planSequences(
      [buildSequence({ state: at(99) })],
      [buildSequence()],
      data(99),
      new Set(['"public"."Animal"']),
    );
    expect([right.length, settings.length]).toEqual([1, 0]);
  });
  it("notes sequences that v2 does not have", () => {
    expect(planSequences([alone()], [], none).notes).toEqual([
      "sequence invoice_number is in v1 only",
    ]);
  });
  it("says so when v1's sequence cannot be read", () => {
    const { notes } = planSequences([buildSequence({ state: null })], [buildSequence()], data(3));
    expect(notes).toEqual([
      "v1's sequence Animal_id_seq cannot be read by this role: v2's is set from the data only",
    ]);
  });
});

const nextOf = (sequence: Sequence, state: Sequence["state"]): bigint =>
  nextValue(sequence, state ?? { last: 0n, called: false });

describe("whatever the states and the data", () => {
  const arbitrary = record({
    ascending: boolean(),
    step: bigInt(1n, 50n),
    source: option(record({ last: bigInt(1n, 5000n), called: boolean() }), {
      nil: undefined,
    }),
    present: record({ last: bigInt(1n, 5000n), called: boolean() }),
    values: array(bigInt(1n, 8000n), { maxLength: 20 }),
  });
  const build = (
    facts: { ascending: boolean; step: bigint },
    state: Sequence["state"],
  ): Sequence => {
    const sign = facts.ascending ? 1n : -1n;
    return buildSequence({
      increment: sign * facts.step,
      min: facts.ascending ? 1n : -1_000_000n,
      max: facts.ascending ? 1_000_000n : -1n,
      state: state === null ? null : { last: sign * state.last, called: state.called },
    });
  };

  it("the next values never meet the data, are never lower than before, and a second plan changes nothing", () => {
    assert(
      property(arbitrary, (facts) => {
        const sign = facts.ascending ? 1n : -1n;
        const target = build(facts, facts.present);
        const source = facts.source === undefined ? [] : [build(facts, facts.source)];
        const values = facts.values
          .map((value) => sign * value)
          .toSorted((a, b) => (a < b ? -1 : 1));
        const extremes: DataExtremes = new Map([
          [columnKey(animalId), { smallest: values[0] ?? null, largest: values.at(-1) ?? null }],
        ]);
        const plan = planSequences(source, [target], extremes);
        expect(plan.problems).toEqual([]);
        const state = plan.settings[0]?.state ?? target.state;
        const next = sign * nextOf(target, state);
        for (const value of values) expect(next > sign * value).toBe(true);
        expect(next >= sign * nextOf(target, target.state)).toBe(true);
        for (const one of source) expect(next >= sign * nextOf(one, one.state)).toBe(true);
        const again = planSequences(source, [{ ...target, state }], extremes);
        expect(again.settings).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
