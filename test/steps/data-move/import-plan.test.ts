import { ownSearchPath } from "../../../scripts/postgres/own-search-path.ts";
import { structureQuestions } from "../../../scripts/postgres/structure.ts";
import { describe, expect, it } from "vitest";
import type { Part } from "../../../scripts/engine/command.ts";
import { describeCommand } from "../../../scripts/engine/execute-step.ts";
import { fillRunEntry } from "../../../scripts/steps/data-move/run-entry.ts";
import {
  buildImportParts,
  type ImportFacts,
} from "../../../scripts/steps/data-move/import-plan.ts";
import { inPublic, makeKey } from "../../postgres/made-catalogue.ts";
import { findInOrder, makeFacts } from "./made-import.ts";

const build = (more: Partial<ImportFacts> = {}): Part[] => buildImportParts(makeFacts(more));

/** What a part sends, a stretch of a file as `<bytes>`. */
const textOf = ({ input }: Part): string =>
  input.map((one) => ("text" in one ? one.text : `<${one.start}-${one.end}>\n`)).join("");
const whole = (parts: readonly Part[]): string => parts.map(textOf).join("");
const titles = (parts: readonly Part[]): string[] =>
  parts.flatMap(({ title }) => (title === undefined ? [] : [title]));

describe("an import as one transaction", () => {
  it("goes in a fixed order: nothing is restored before the rows are in, nothing commits before the comparison", () => {
    const order = [
      "begin;\n",
      "lock table ",
      "select 'movebook:structure '",
      `alter table only "public"."Animal" disable trigger "touch";`,
      `alter table "public"."Animal" drop constraint "Animal_Owner_fkey";`,
      "set local lock_timeout = 0;",
      `copy "public"."Animal" ("id") from stdin;\n<100-600>\n\\.\n\\echo movebook:loaded :ROW_COUNT\n`,
      `copy "public"."Owner" ("id") from stdin;\n<700-1200>\n`,
      "set constraints all immediate;",
      `alter table only "public"."Animal" enable always trigger "touch";`,
      `add constraint "Animal_Owner_fkey"`,
      "movebook: foreign keys are broken",
      "select 'movebook:structure '",
      "create schema movebook;",
      `insert into movebook.imports (run, environment, dump_sha256, table_count, row_count, tables, replaced) values ('r1', 'dev', 'ab', 2, 2005, '[{"schema":"public","name":"Animal","kind":"r","rows":2000},{"schema":"public","name":"Owner","kind":"r","rows":5}]', false);`,
      "<0-0>\n",
      "the run cannot come to",
      "commit;\n",
    ];
    expect(findInOrder(whole(build()), order)).toEqual(order);
  });

  it("empties v1's history before the keys go", () => {
    const history = {
      own: undefined,
      artefacts: [
        {
          tool: "prisma" as const,
          table: inPublic("_prisma_migrations"),
          tables: [inPublic("_prisma_migrations")],
          isRemnant: false,
          otherOwners: [],
          readable: true,
          entries: [],
        },
      ],
      why: "v2's tool is dbmate",
    };
    const parts = build({ history });
    const order = [
      "select 'movebook:structure '",
      `truncate table only "public"."_prisma_migrations";`,
      "disable trigger",
      "drop constraint",
    ];
    expect(findInOrder(whole(parts), order)).toEqual(order);
    expect(titles(parts)[0]).toBe(
      "Step 0/4: Safety truncate _prisma_migrations (v2's tool is dbmate)",
    );
  });

  it("begins and commits once; COMMIT is a part of its own and the last", () => {
    const parts = build();
    const answer = parts.at(-1)?.answer ?? "";
    expect(textOf(parts.at(-1)!)).toBe(`commit;\n\\echo ${answer}\n`);
    expect(whole(parts).match(/^(begin|commit|rollback|end);$/gm)).toEqual(["begin;", "commit;"]);
  });

  it("waits for the answer to each part", () => {
    const parts = build();
    expect(new Set(parts.map(({ answer }) => answer)).size).toBe(parts.length);
    for (const part of parts) expect(textOf(part).endsWith(`\\echo ${part.answer}\n`)).toBe(true);
  });

  it("loads each section in a part of its own, so that its rows are counted before the next", () => {
    expect(build().map((part) => textOf(part).match(/^copy /gm)?.length ?? 0)).not.toContain(2);
  });

  it("restores each key in a part of its own, under v2's own search_path as its indexes may need it", () => {
    const keys = [makeKey("Animal", "Owner"), makeKey("Owner", "Animal")];
    const restores = build({ keys }).filter((part) => textOf(part).includes(" add constraint "));
    expect(restores).toHaveLength(2);
    for (const part of restores)
      expect(textOf(part)).toContain(`${ownSearchPath}\ndo $movebook$ declare said`);
  });

  it("prints the structure before and after, an answer to each question", () => {
    expect(whole(build()).match(/^select 'movebook:structure '/gm)).toHaveLength(
      2 * structureQuestions.length,
    );
  });

  it("writes down the run when it is sent; a dry run shows the place, not the journal", () => {
    const command = { title: "import", program: "psql", args: [], parts: build() };
    expect(describeCommand(command).join("\n")).toContain(
      "-- … insert into movebook.runs: this run, its journal, v2's schema as it is now\n",
    );
    const filled = fillRunEntry(command, {
      run: "r1",
      environment: "dev",
      phase: "loaded",
      journal: `{"type":"run"}\n`,
      files: {},
    });
    const sent = whole(filled.parts ?? []);
    expect(sent).not.toContain("<0-0>");
    const order = ["insert into movebook.imports", `{"type":"run"}`, "cannot come to", "commit;"];
    expect(findInOrder(sent, order)).toEqual(order);
    expect(() =>
      fillRunEntry(
        { ...command, parts: [] },
        { run: "", environment: "", phase: "loaded", journal: "", files: {} },
      ),
    ).toThrow("0 places");
  });

  it("stops when the dump lacks a table of the plan", () => {
    const manifest = { sha256: "ab", rows: 0, sections: [] };
    expect(() => build({ manifest })).toThrow("the dump has no rows of Animal");
  });
});

describe("the titles of an import", () => {
  it("are the seed's", () => {
    expect(titles(build())).toEqual([
      "Step 0/4: Keep v2's migration history (v2 holds no migration history)",
      "Step 1/4: Drop FK constraints (1)",
      "Step 2/4: Import v1 data",
      "Step 3/4: Restore FK constraints (1)",
    ]);
  });

  it("say so when the keys were dropped before; then it leaves them alone", () => {
    const parts = build({ keys: [], droppedBefore: 3 });
    expect(titles(parts)).toEqual([
      "Step 0/4: Keep v2's migration history (v2 holds no migration history)",
      "Step 1/4: Drop FK constraints (3 were dropped by drop-foreign-keys before)",
      "Step 2/4: Import v1 data",
      "Step 3/4: Restore FK constraints (left to restore-foreign-keys)",
    ]);
    expect(whole(parts)).not.toMatch(/(add|drop|validate) constraint/);
    expect(whole(parts)).not.toContain("insert into movebook.foreign_keys");
    const order = ["disable trigger", "copy ", "enable always trigger", "commit;"];
    expect(findInOrder(whole(parts), order)).toEqual(order);
  });
});
