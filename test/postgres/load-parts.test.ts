import { describe, expect, it } from "vitest";
import type { Input } from "../../scripts/engine/command.ts";
import type { DumpSection } from "../../scripts/postgres/dump-file.ts";
import type { KeyDefinition } from "../../scripts/postgres/key-changes.ts";
import {
  brokenKeysMessage,
  buildBegin,
  buildBrokenKeysEnd,
  buildDrops,
  buildLoadLines,
  buildLockAndLook,
  buildRestore,
  buildStructureLook,
  PartMaker,
  planLoads,
} from "../../scripts/postgres/load-parts.ts";
import { ownSearchPath } from "../../scripts/postgres/own-search-path.ts";
import { structureQuestions } from "../../scripts/postgres/structure.ts";
import { inPublic, makeColumn, makeMoved, makeTable } from "./made-catalogue.ts";

const section = (name: string, more: Partial<DumpSection> = {}): DumpSection => ({
  table: inPublic(name),
  columns: ["id"],
  start: 100,
  end: 200,
  rows: 12,
  line: 7,
  ...more,
});

const key: KeyDefinition = {
  schema: "public",
  table: "Order",
  name: "Order_client_fkey",
  definition: "FOREIGN KEY (client) REFERENCES public.party(id)",
  validated: true,
  comment: null,
  tableKind: "r",
  referencedKind: "r",
  copies: [],
};

/** The statement between the search_path that the server's own question needs and ours. */
const onlyLine = ([before, line = "", after, ...more]: readonly string[]): string => {
  expect([before, after, ...more]).toEqual([ownSearchPath, "set local search_path = '';"]);
  return line;
};

describe("the parts of a conversation", () => {
  it("have each an answer of their own, which psql prints at their end", () => {
    const maker = new PartMaker();
    const parts = [maker.make([]), maker.make([]), maker.make(["commit;"])];
    expect(new Set(parts.map(({ answer }) => answer)).size).toBe(3);
    expect(parts[2]).toEqual({
      input: [{ text: "commit;\n" }, { text: "\\echo movebook: part 3 done\n" }],
      answer: "movebook: part 3 done",
    });
  });

  it("are silent without a title, and carry stretches of files as they are", () => {
    const file: Input = { file: "/tmp/dump", start: 0, end: 5, title: "rows" };
    const [silent, titled] = [new PartMaker().make([file]), new PartMaker().make([], "Step 1/4")];
    expect("title" in silent).toBe(false);
    expect(silent.input[0]).toBe(file);
    expect(titled.title).toBe("Step 1/4");
  });
});

describe("the beginning of the transaction", () => {
  it("keeps another import away before it tells which server process it is", () => {
    expect(buildBegin()).toEqual([
      "begin;",
      "set local search_path = '';",
      "do $movebook$ begin if not pg_catalog.pg_try_advisory_xact_lock(1836021349, 1651470188) then raise exception using errcode = 'object_not_in_prerequisite_state', message = 'another import into this database is still running'; end if; end $movebook$;",
      "select 'movebook:backend ' || pg_catalog.pg_backend_pid();",
    ]);
  });
});

describe("the lock on the tables", () => {
  it("is not asked for when there are none", () => {
    expect(buildLockAndLook([])).toEqual([]);
  });

  it("is waited for half a minute, and taken on all of them before the first look", () => {
    const parent = makeTable("event", { kind: "p" });
    const lines = buildLockAndLook([
      makeMoved("Order"),
      makeMoved("event", { source: parent, target: parent }),
    ]);
    expect(lines.slice(0, 2)).toEqual([
      "set local lock_timeout = 30000;",
      `lock table "public"."Order", "public"."event" in share row exclusive mode;`,
    ]);
    expect(lines).toHaveLength(6);
  });

  it("looks under v2's own search_path: expressions of its indexes may use unqualified names", () => {
    const lines = buildLockAndLook([makeMoved("Order")]);
    expect([lines[2], lines[4]]).toEqual([ownSearchPath, "set local search_path = '';"]);
  });

  it("looks into an ordinary table without its children, into a partitioned one with its partitions", () => {
    const parent = makeTable("event", { kind: "p" });
    const lines = buildLockAndLook([
      makeMoved("Order"),
      makeMoved("event", { source: parent, target: parent }),
    ]);
    expect(lines[3]).toContain(`exists (select 1 from only "public"."Order")`);
    expect(lines[4]).toContain(`exists (select 1 from "public"."event")`);
    expect(lines[3]).toContain(
      "message = 'table Order holds rows; an import goes into empty tables'",
    );
  });

  it("locks the table of v2, whatever v1 calls it", () => {
    const target = makeTable("Client", { schema: "crm" });
    const lines = buildLockAndLook([makeMoved("Order", { target })]);
    expect(lines[1]).toBe(`lock table "crm"."Client" in share row exclusive mode;`);
  });

  it("quotes odd names, as a name and in the message", () => {
    const name = `it's "odd"; \\ `;
    const lines = buildLockAndLook([makeMoved(name)]);
    expect(lines[1]).toBe(`lock table "public"."it's ""odd""; \\ " in share row exclusive mode;`);
    expect(lines[3]).toContain(`message = E'table it''s "odd"; \\\\  holds rows;`);
  });

  it("is not left early by a name that looks like the end of the block", () => {
    const line = buildLockAndLook([makeMoved("a$movebook$b")])[3] ?? "";
    expect(line).toMatch(/^do (\$movebook_+\$) begin .*a\$movebook\$b.* end \1;$/);
  });
});

describe("the look at the structure", () => {
  const lines = buildStructureLook(structureQuestions);

  it("is taken under an empty search_path", () => {
    expect(lines[0]).toBe("set local search_path = '';");
  });

  it("wraps each question, so that its answer is one line of JSON", () => {
    const questions = lines.slice(1);
    expect(questions).toHaveLength(structureQuestions.length);
    for (const question of questions) {
      expect(question).toMatch(
        /^select 'movebook:structure ' \|\| coalesce\(pg_catalog\.jsonb_agg\(pg_catalog\.to_jsonb\(q\)\), '\[\]'\)::pg_catalog\.text from \(-- .*\n/,
      );
      // on a line of its own: the question may end with a comment
      expect(question).toMatch(/[^;\s]\n\) as q;$/);
      expect(question.match(/;\s*$/gm)).toHaveLength(1);
    }
  });
});

describe("which rows go where", () => {
  it("pairs every leaf of a table with its section of the dump", () => {
    const table = makeMoved("event", {
      leaves: [
        { source: inPublic("event_2024"), into: inPublic("event_2024") },
        { source: inPublic("event_2025"), into: inPublic("event") },
      ],
    });
    const sections = [section("event_2025"), section("other"), section("event_2024")];
    expect(planLoads([table], sections)).toEqual([
      { section: sections[2], into: inPublic("event_2024"), columns: ["id"] },
      { section: sections[0], into: inPublic("event"), columns: ["id"] },
    ]);
  });

  it("does not take a table of the same name in another schema", () => {
    const elsewhere = section("Order", { table: { schema: "audit", name: "Order" } });
    expect(() => planLoads([makeMoved("Order")], [elsewhere])).toThrow(
      "the dump has no rows of Order",
    );
  });

  it("refuses when the dump has no section of a table", () => {
    const leaf = { source: { schema: "audit", name: "Entry" }, into: inPublic("Entry") };
    expect(() => planLoads([makeMoved("Entry", { leaves: [leaf] })], [])).toThrow(
      "the dump has no rows of audit.Entry",
    );
  });

  it("loads the columns that move, in the order of the dump", () => {
    const columns = ["a", "b"].map((name) => makeColumn(name));
    const table = makeMoved("Order", { source: makeTable("Order", { columns }) });
    const [load] = planLoads([table], [section("Order", { columns: ["b", "gone", "a"] })]);
    expect(load?.columns).toEqual(["b", "a"]);
  });
});

describe("a table that shares no column with v2's", () => {
  const nothing = makeTable("Note", { columns: [] });
  const left = makeMoved("Note", { columns: [] });

  it("is refused when it holds rows: a COPY without names would fill v2's own column", () => {
    expect(() => planLoads([left], [section("Note")])).toThrow("no column of Note can be loaded");
  });

  it("is no matter when it is empty, or when v2's has no column either", () => {
    const bare = makeMoved("Note", { source: nothing, target: nothing });
    expect(planLoads([left], [section("Note", { rows: 0 })])).toHaveLength(1);
    expect(planLoads([bare], [section("Note", { columns: [] })])).toHaveLength(1);
  });

  it("is no matter when v2 computes all of its columns", () => {
    const columns = [makeColumn("id", { generated: "s" })];
    const computed = makeMoved("Note", { columns: [], target: makeTable("Note", { columns }) });
    expect(planLoads([computed], [section("Note")])).toHaveLength(1);
  });
});

describe("the COPY of one section", () => {
  it("names the columns, sends the rows from the file under v2's own search_path, and prints how many the server took", () => {
    const of = section("Order", { columns: ["id", 'Na"me'] });
    const load = { section: of, into: { schema: "crm", name: "Client" }, columns: of.columns };
    const [copy, ...rest] = buildLoadLines(load, "/tmp/dump");
    expect(copy).toMatch(
      /^set local search_path to default;\ndo .*set_config\('search_path', 'pg_catalog, ' .*\ncopy "crm"\."Client" \("id", "Na""me"\) from stdin;$/,
    );
    expect(rest).toEqual([
      { file: "/tmp/dump", start: 100, end: 200, title: "12 rows of Order" },
      "\\.\n\\echo movebook:loaded :ROW_COUNT\nset local search_path = '';",
    ]);
  });

  it("leaves fields out whose columns are not loaded", () => {
    const of = section("Order", { columns: ["id", "gone", "name", "left"] });
    const [copy, input] = buildLoadLines(
      { section: of, into: inPublic("Order"), columns: ["id", "name"] },
      "/tmp/dump",
    );
    expect(copy).toContain(`;\ncopy "public"."Order" ("id", "name") from stdin;`);
    expect(input).toMatchObject({ skipFields: [1, 3] });
  });

  it("has no list of columns for a table without columns: () would be a mistake", () => {
    const of = section("nothing", { columns: [] });
    const [copy, input] = buildLoadLines(
      { section: of, into: inPublic("nothing"), columns: [] },
      "/tmp/dump",
    );
    expect(copy).toContain(`;\ncopy "public"."nothing" from stdin;`);
    expect(input).not.toHaveProperty("skipFields");
  });
});

describe("foreign keys", () => {
  it("are dropped one by one, by name", () => {
    expect(buildDrops([key, { ...key, name: 'odd"key' }])).toEqual([
      `alter table "public"."Order" drop constraint "Order_client_fkey";`,
      `alter table "public"."Order" drop constraint "odd""key";`,
    ]);
  });

  it("come back in one block: added, commented, checked, and noted when rows break them", () => {
    expect(onlyLine(buildRestore({ ...key, comment: "it's kept" })).split("\n")).toEqual([
      "do $movebook$ declare said pg_catalog.text; begin",
      `alter table "public"."Order" add constraint "Order_client_fkey" ${key.definition} not valid;`,
      `comment on constraint "Order_client_fkey" on "public"."Order" is 'it''s kept';`,
      `alter table "public"."Order" validate constraint "Order_client_fkey";`,
      "exception when foreign_key_violation then",
      "get stacked diagnostics said = pg_exception_detail;",
      `perform pg_catalog.set_config('movebook.broken', (coalesce(nullif(pg_catalog.current_setting('movebook.broken', true), ''), '[]')::pg_catalog.jsonb || pg_catalog.jsonb_build_array('["public","Order","Order_client_fkey"]'::pg_catalog.jsonb || pg_catalog.to_jsonb(said)))::pg_catalog.text, true);`,
      "end $movebook$;",
    ]);
  });

  it("of a partitioned table are added plainly, which checks the rows too", () => {
    const text = onlyLine(buildRestore({ ...key, tableKind: "p" }));
    expect(text).toContain(`add constraint "Order_client_fkey" ${key.definition};\n`);
    expect(text).not.toMatch(/not valid|validate constraint|comment on/);
  });

  it("that were not validated are added so and not checked", () => {
    const definition = `${key.definition} NOT VALID`;
    const text = onlyLine(buildRestore({ ...key, definition, validated: false }));
    expect(text).toContain(" not valid;\nexception");
    expect(text).not.toContain("validate constraint");
  });

  it("with odd names are noted as they are called", () => {
    const text = onlyLine(buildRestore({ ...key, table: `it's "odd"\\` }));
    expect(text).toContain(
      String.raw`jsonb_build_array(E'["public","it''s \\"odd\\"\\\\","Order_client_fkey"]'::`,
    );
  });

  it("may have a comment that looks like the end of the block", () => {
    const text = onlyLine(buildRestore({ ...key, comment: "$movebook$ $movebook_$" }));
    const tag = /^do (\$\w+\$) /.exec(text)?.[1] ?? "";
    expect(text.split(tag)).toHaveLength(3);
    expect(text.endsWith(`end ${tag};`)).toBe(true);
  });

  it("that rows break end the transaction all together, with the list in DETAIL", () => {
    expect(buildBrokenKeysEnd()).toEqual([
      `do $movebook$ begin if coalesce(pg_catalog.current_setting('movebook.broken', true), '') <> '' then raise exception using errcode = 'foreign_key_violation', message = '${brokenKeysMessage}', detail = pg_catalog.current_setting('movebook.broken'); end if; end $movebook$;`,
    ]);
  });
});
