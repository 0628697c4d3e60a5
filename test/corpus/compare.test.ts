import { describe, expect, it } from "vitest";
import { compareMoved, compareSame, type Pictures } from "./compare.ts";
import type { Clients, Connection } from "./libpq.ts";
import type { Picture, SequenceState } from "./picture.ts";

const sequence = (last: bigint, called: boolean): SequenceState => ({
  last,
  called,
  increment: 1n,
  columns: [],
});

const picture: Picture = {
  schema: "CREATE TABLE public.t (a integer);\nALTER TABLE public.t OWNER TO app;\n",
  contents: new Map([
    ["public.t", { rows: 2, sha256: "aa" }],
    ["public.m", undefined],
    ["public._prisma_migrations", { rows: 3, sha256: "cc" }],
  ]),
  sequences: new Map([["public.s", sequence(7n, true)]]),
  states: ["trigger x on public.t: O"],
  catalogue: ['pg_class t {"oid": 16385}'],
};

const history = "public._prisma_migrations";
const withContents = (
  name: string,
  held: { rows: number; sha256: string } | undefined,
): Picture => ({
  ...picture,
  contents: new Map([...picture.contents, [name, held]]),
});
const empty = withContents(history, { rows: 0, sha256: "00" });

// Nothing is asked of a server unless a sequence differs and belongs to a column.
const nobody: Connection = { host: "", port: 0, database: "", user: "", password: "" };
const none: Clients = { psql: "", pgDump: "", pgRestore: "" };
const faultsOf = async (pictures: Partial<Pictures>): Promise<readonly string[]> => {
  const all = { source: picture, targetBefore: empty, target: empty, ...pictures };
  return (await compareMoved(none, nobody, all)).faults;
};

describe("the comparison of v1 and v2", () => {
  it("finds nothing when all has arrived, and leaves v2 its own history", async () => {
    expect(await faultsOf({})).toEqual([]);
  });

  it.each([
    [
      "a missing row",
      withContents("public.t", { rows: 1, sha256: "ab" }),
      /public\.t: has 1 rows, v1's has 2/,
    ],
    ["other contents", withContents("public.t", { rows: 2, sha256: "ab" }), /of other contents/],
    ["a view that was filled", withContents("public.m", { rows: 0, sha256: "00" }), /public\.m/],
    ["an overwritten history", picture, /_prisma_migrations: has 3 rows/],
    [
      "a schema of ours",
      { ...empty, schema: `${picture.schema}CREATE SCHEMA movebook;\n` },
      /\+ CREATE SCHEMA movebook/,
    ],
    [
      "another order of columns",
      { ...empty, schema: picture.schema.split("\n").toReversed().join("\n") },
      /another order/,
    ],
    [
      "a silent trigger",
      { ...empty, states: ["trigger x on public.t: D"] },
      /trigger x on public\.t: D/,
    ],
    [
      "a sequence behind",
      { ...empty, sequences: new Map([["public.s", sequence(7n, false)]]) },
      /public\.s: 7 \(not called\), v1's 7/,
    ],
    ["a sequence that is gone", { ...empty, sequences: new Map() }, /public\.s: not there/],
  ] as const)("finds %s", async (_, target, fault) => {
    const faults = await faultsOf({ target: { ...empty, ...target } });
    expect(faults).toEqual(expect.arrayContaining([expect.stringMatching(fault)]));
  });

  it("finds every change of v1", () => {
    expect(compareSame("v1", picture, picture)).toEqual([]);
    expect(
      compareSame("v1", picture, withContents("public.t", { rows: 2, sha256: "ab" })),
    ).toHaveLength(1);
    const drawn = { ...picture, sequences: new Map([["public.s", sequence(8n, true)]]) };
    expect(compareSame("v1", picture, drawn)).toHaveLength(1);
  });
});
