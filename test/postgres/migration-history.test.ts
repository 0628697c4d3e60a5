import { describe, expect, it } from "vitest";
import {
  recogniseHistories,
  type HistoryCandidate,
} from "../../scripts/postgres/history-shapes.ts";
import {
  buildArtefactTruncation,
  decideHistories,
  type History,
} from "../../scripts/postgres/migration-history.ts";
import type { HistoryTool } from "../../scripts/postgres/history-shapes.ts";

const table = (name: string, columns: string, schema = "public"): HistoryCandidate => ({
  schema,
  name,
  columns: columns.split(" "),
  readable: true,
  owned: true,
  owner: "app",
});

const toolsIn = (...tables: HistoryCandidate[]): string[] =>
  recogniseHistories(tables).map(
    ({ shape, tables: found }) => `${shape.tool}: ${found.map(({ name }) => name).join(" ")}`,
  );

const prismaColumns =
  "id checksum finished_at migration_name logs rolled_back_at started_at applied_steps_count";

describe("a migration history is recognised", () => {
  it.each([
    ["prisma", table("_prisma_migrations", prismaColumns)],
    ["dbmate", table("schema_migrations", "version")],
    ["drizzle", table("__drizzle_migrations", "id hash created_at", "drizzle")],
    ["knex", table("knex_migrations", "id name batch migration_time")],
    ["alembic", table("alembic_version", "version_num")],
    [
      "flyway",
      table(
        "flyway_schema_history",
        "installed_rank version description type script checksum installed_by installed_on execution_time success",
      ),
    ],
    ["node-pg-migrate", table("pgmigrations", "id name run_on")],
  ])("of %s, by its name and columns", (tool, candidate) => {
    expect(toolsIn(candidate)).toEqual([`${tool}: ${candidate.name}`]);
  });

  it("with the tables beside it", () => {
    expect(
      toolsIn(
        table("_prisma_migrations", prismaColumns),
        table("_prisma_migrations_lock", "id"),
        table("knex_migrations", "id name batch migration_time"),
        table("knex_migrations_lock", "index is_locked"),
      ),
    ).toEqual([
      "prisma: _prisma_migrations _prisma_migrations_lock",
      "knex: knex_migrations knex_migrations_lock",
    ]);
  });

  it("as Rails' own where ar_internal_metadata stands beside it in the same schema", () => {
    const metadata = table("ar_internal_metadata", "key value created_at updated_at");
    expect(toolsIn(table("schema_migrations", "version"), metadata)).toEqual([
      "rails: schema_migrations ar_internal_metadata",
    ]);
    expect(
      toolsIn(table("schema_migrations", "version"), { ...metadata, schema: "other" }),
    ).toEqual(["dbmate: schema_migrations"]);
  });

  it("not in an application's own table of that name", () => {
    expect(
      toolsIn(
        table("schema_migrations", "version tenant note"),
        table("alembic_version", "id version_num"),
        table("pgmigrations", "id label"),
        table("_prisma_migrations", "id name"),
        table("ar_internal_metadata", "key value"),
      ),
    ).toEqual([]);
  });

  it("in every schema for itself", () => {
    expect(
      toolsIn(
        table("_prisma_migrations", prismaColumns),
        table("_prisma_migrations", prismaColumns, "billing"),
      ),
    ).toHaveLength(2);
  });
});

const history = (tool: HistoryTool, name: string, more: Partial<History> = {}): History => ({
  tool,
  table: { schema: "public", name },
  tables: [{ schema: "public", name }],
  isRemnant: false,
  otherOwners: [],
  readable: true,
  entries: [],
  ...more,
});

const prisma = history("prisma", "_prisma_migrations");
const dbmate = history("dbmate", "schema_migrations");
const lock = history("prisma", "_prisma_migrations_lock", { isRemnant: true });

describe("whose history it is", () => {
  it("is said by the named tool: its history stays, the others go", () => {
    const decision = decideHistories({ namedTool: "dbmate", inTarget: [prisma, dbmate, lock] });
    expect(decision).toMatchObject({ own: dbmate, artefacts: [prisma, lock] });
    expect(decision.problem).toBeUndefined();
    expect(decision.why).toBe(
      "schema_migrations (dbmate) is v2's own (V2_MIGRATION_TOOL) and is kept; _prisma_migrations (prisma), _prisma_migrations_lock (prisma) is v1's artefact and goes",
    );
  });

  it("needs no name when there is only one", () => {
    expect(decideHistories({ namedTool: undefined, inTarget: [prisma, lock] })).toMatchObject({
      own: prisma,
      artefacts: [],
    });
  });

  it("is asked when there are several: nothing goes on a guess", () => {
    const decision = decideHistories({ namedTool: undefined, inTarget: [prisma, dbmate] });
    expect(decision).toMatchObject({ own: undefined, artefacts: [] });
    expect(decision.problem?.todo).toContain(
      "Set V2_MIGRATION_TOOL to v2's own tool (prisma or dbmate)",
    );
  });

  it("is a problem when the named tool has none in v2: nothing goes then either", () => {
    const decision = decideHistories({ namedTool: "dbmate", inTarget: [prisma] });
    expect(decision).toMatchObject({ own: undefined, artefacts: [] });
    expect(decision.problem?.what).toBe(
      "v2 holds no migration history of dbmate, which V2_MIGRATION_TOOL names: its schema was not applied by it",
    );
  });

  it("is a problem when v2 has two of the named tool", () => {
    const other = history("prisma", "_prisma_migrations", {
      table: { schema: "billing", name: "_prisma_migrations" },
    });
    const decision = decideHistories({ namedTool: "prisma", inTarget: [prisma, other, dbmate] });
    expect(decision.artefacts).toEqual([]);
    expect(decision.problem?.details).toEqual([
      "_prisma_migrations (prisma)",
      "billing._prisma_migrations (prisma)",
    ]);
  });

  it("is nobody's when v2 has no tool: all of them are v1's", () => {
    expect(decideHistories({ namedTool: "none", inTarget: [prisma, lock] })).toMatchObject({
      own: undefined,
      artefacts: [prisma, lock],
    });
    expect(decideHistories({ namedTool: undefined, inTarget: [] })).toEqual({
      own: undefined,
      artefacts: [],
      why: "v2 holds no migration history",
    });
  });

  it("keeps a lock table of the tool that is named", () => {
    expect(decideHistories({ namedTool: "prisma", inTarget: [prisma, lock] }).artefacts).toEqual(
      [],
    );
  });
});

describe("v1's artefacts", () => {
  it("are emptied in one statement, and nothing else with them", () => {
    expect(buildArtefactTruncation([prisma, dbmate])).toEqual([
      'truncate table only "public"."_prisma_migrations", only "public"."schema_migrations";',
    ]);
    expect(buildArtefactTruncation([])).toEqual([]);
  });
});
