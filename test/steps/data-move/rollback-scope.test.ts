import { describe, expect, it } from "vitest";
import type { ForeignKey, Table } from "../../../scripts/postgres/catalogue.ts";
import { listReferring, planEmptying } from "../../../scripts/steps/data-move/rollback-scope.ts";
import { inPublic, makeCatalogue, makeKey, makeTable } from "../../postgres/made-catalogue.ts";

const referring = (keys: readonly ForeignKey[], ...tables: readonly Table[]): string[] =>
  listReferring([inPublic("Animal")], keys, makeCatalogue([makeTable("Animal"), ...tables])).map(
    ({ name }) => name,
  );

describe("the tables that TRUNCATE wants beside the emptied ones", () => {
  it("refer to one of them", () => {
    const keys = [makeKey("Report", "Animal"), makeKey("Note", "Other")];
    expect(referring(keys, makeTable("Report"), makeTable("Note"), makeTable("Other"))).toEqual([
      "Report",
    ]);
  });

  it("refer to one that refers to one, in whatever order the keys come", () => {
    const keys = [makeKey("Line", "Page"), makeKey("Page", "Report"), makeKey("Report", "Animal")];
    const tables = ["Line", "Page", "Report"].map((name) => makeTable(name));
    expect(referring(keys, ...tables)).toEqual(["Report", "Page", "Line"]);
  });

  it("are not those that the emptied ones refer to", () => {
    expect(referring([makeKey("Animal", "Owner")], makeTable("Owner"))).toEqual([]);
  });

  it("are named once, also with several keys, a key to themselves, or a cycle", () => {
    const keys = [
      makeKey("Animal", "Animal"),
      makeKey("Report", "Animal"),
      makeKey("Report", "Animal", { name: "second" }),
      makeKey("Report", "Report"),
      makeKey("Animal", "Report"),
    ];
    expect(referring(keys, makeTable("Report"))).toEqual(["Report"]);
  });

  it("go by their root when a partition has the key", () => {
    const root = inPublic("event");
    const tables = [makeTable("event", { kind: "p" }), makeTable("event_2024", { root })];
    expect(referring([makeKey("event_2024", "Animal")], ...tables)).toEqual(["event"]);
  });

  it("go by the root of what is referred to, too", () => {
    const tables = [
      makeTable("event", { kind: "p" }),
      makeTable("event_2024", { root: inPublic("event") }),
      makeTable("Report"),
    ];
    const keys = [makeKey("Report", "event_2024"), makeKey("event", "Animal", { tableKind: "p" })];
    expect(referring(keys, ...tables)).toEqual(["event", "Report"]);
  });

  it("are told by schema and name", () => {
    const elsewhere = makeKey("Report", "Animal", {
      references: { schema: "audit", name: "Animal" },
    });
    const tables = [makeTable("Report"), makeTable("Animal", { schema: "audit" })];
    expect(referring([elsewhere], ...tables)).toEqual([]);
  });
});

describe("how tables are emptied although keys refer to them", () => {
  const [animal, owner, note] = ["Animal", "Owner", "Note"].map((name) => makeTable(name)) as [
    Table,
    Table,
    Table,
  ];
  const catalogue = makeCatalogue([animal, owner, note]);
  const plan = (keys: readonly ForeignKey[]) => {
    const { emptied, dropped, strangers } = planEmptying(
      [animal],
      [animal, owner],
      keys,
      catalogue,
    );
    return {
      emptied: emptied.map(({ name }) => name),
      dropped: dropped.map(({ name }) => name),
      strangers: strangers.map(({ table }) => table.name),
    };
  };

  it("keys of others that refer to them are dropped for that time", () => {
    const keys = [makeKey("Note", "Animal"), makeKey("Animal", "Owner"), makeKey("Note", "Owner")];
    expect(plan(keys)).toEqual({
      emptied: ["Animal"],
      dropped: ["Note_Animal_fkey", "Animal_Owner_fkey"],
      strangers: [],
    });
  });

  it("where a key stays, its table is emptied too when it moves, and is in the way when it does not", () => {
    const keys = [
      makeKey("Owner", "Animal", { mayReference: false }),
      makeKey("Note", "Owner", { owned: false }),
    ];
    expect(plan(keys)).toEqual({
      emptied: ["Animal", "Owner", "Note"],
      dropped: [],
      strangers: ["Note"],
    });
  });
});
