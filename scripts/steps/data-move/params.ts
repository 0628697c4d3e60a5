import type { Param } from "../../engine/param.ts";
import { parseConnectionUrl } from "../../postgres/connection-url.ts";
import type { Endpoint } from "../../postgres/endpoint.ts";
import { migrationTools, type MigrationTool } from "../../postgres/migration-tools.ts";

const inTargetFile = (variable: string): Param<unknown>["places"] => ({
  dev: { variable, file: ".env.v2.dev" },
  prod: { variable, file: ".env.v2.prod" },
});

/** v1: the snapshot that is read. */
export const sourceUrl: Param<Endpoint> = {
  name: "source",
  meaning: "v1 snapshot, direct connection (not the pooled one). Only read, never written to.",
  example:
    "postgresql://v1_owner:password@ep-v1-snapshot.eu-central-1.aws.neon.tech/shop?sslmode=require",
  required: true,
  secret: true,
  places: {
    dev: { variable: "V1_DEV_SNAPSHOT_DIRECT_URL", file: ".env.v1.dev.snapshot" },
    prod: { variable: "V1_PROD_SNAPSHOT_DIRECT_URL", file: ".env.v1.prod.snapshot" },
  },
  parse: parseConnectionUrl,
};

/** v2: the target, direct. */
export const targetUrl: Param<Endpoint> = {
  name: "target",
  meaning: "v2, direct connection: the one that the move uses.",
  example: "postgresql://v2_owner:password@ep-v2.eu-central-1.aws.neon.tech/shop?sslmode=require",
  required: true,
  secret: true,
  places: inTargetFile("DATABASE_DIRECT_URL"),
  parse: parseConnectionUrl,
};

/** v2, pooled: the application's. The move only compares it with the direct one. */
export const pooledUrl: Param<Endpoint> = {
  name: "target-pooled",
  meaning:
    "v2, pooled connection: the application's. The move does not use it and checks that it is the same database.",
  example:
    "postgresql://v2_owner:password@ep-v2-pooler.eu-central-1.aws.neon.tech/shop?sslmode=require",
  required: false,
  shown: true,
  secret: true,
  places: inTargetFile("DATABASE_URL"),
  parse: parseConnectionUrl,
};

/** Whose migration history v2 keeps. */
export const migrationTool: Param<MigrationTool> = {
  name: "migration-tool",
  meaning: `v2's migration tool (${migrationTools.join(", ")}): its history is kept, a history table of another tool is v1's artefact and goes. Not set: the only history found in v2 is v2's own.`,
  example: "prisma",
  required: false,
  secret: false,
  places: inTargetFile("V2_MIGRATION_TOOL"),
  parse: (raw) => {
    const tool = migrationTools.find((known) => known === raw.trim().toLowerCase());
    if (tool === undefined)
      throw new Error(`not a known migration tool; one of ${migrationTools.join(", ")}`);
    return tool;
  },
};

/** Folder of v2's migration files. */
export const migrationsFolder: Param<string> = {
  name: "migrations-folder",
  meaning: "Folder of v2's migration files, below the project. Not set: the tool's usual one.",
  example: "prisma/migrations",
  required: false,
  secret: false,
  places: inTargetFile("V2_MIGRATIONS_FOLDER"),
  parse: (raw) => raw.trim(),
};

/** What of v1 has no home in v2 and is left behind by decision. */
export const leaveOut: Param<readonly string[]> = {
  name: "leave-out",
  meaning:
    "Tables and columns of v1 that are not moved, by decision: a list with commas, of Table, schema.Table or Table.column as the catalogue spells them.",
  example: "LegacyLog,WaitlistEntry.contactId",
  required: false,
  secret: false,
  places: inTargetFile("V1_LEAVE_OUT"),
  parse: (raw) =>
    raw
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
};

/** How long a rollback point is kept when its run is over. */
export const rollbackKeepDays: Param<number> = {
  name: "rollback-keep-days",
  meaning:
    "Days that a rollback point is kept: movebook rollback clean removes those that are older and that no open run needs; never the newest. Not set: 30.",
  example: "30",
  required: false,
  secret: false,
  // a run may be finished with another one: it changes nothing in v2
  pinned: false,
  places: inTargetFile("ROLLBACK_KEEP_DAYS"),
  parse: (raw) => {
    if (!/^\d{1,5}$/u.test(raw.trim())) throw new Error("not a whole number of days");
    return Number(raw);
  },
};

/** Every setting of the data move. */
export const dataMoveParams = [
  sourceUrl,
  targetUrl,
  pooledUrl,
  migrationTool,
  migrationsFolder,
  leaveOut,
  rollbackKeepDays,
] as const;

/** Who an endpoint is, without secrets: pinned by the journal and written into the dump's manifest. */
export const identityOf = (endpoint: Endpoint): Record<string, string> => ({
  host: endpoint.host,
  port: String(endpoint.port),
  database: endpoint.database,
  user: endpoint.user,
});
