import { join } from "node:path";
import type { StepContext } from "../../engine/step.ts";

/** v1 as `wrangler d1 export` wrote it. */
export const dumpFile = "v1_dump.sql";
/** What is known of the dump: sha256, bytes, rows of each table, when and by which wrangler. */
export const dumpManifestFile = "v1_dump.manifest.json";
/** The dump without its hazards. */
export const mendedFile = "v1_mended.sql";
/** The hazards that were found, with rows: personal data. */
export const lintFile = "lint.json";
/** SQLite: v1's tables and the v2 tables made of them. */
export const scratchFile = "scratch.sqlite";
/** Folder of the parts and their manifest. */
export const importFolder = "import";
/** v2's own schema, as exported before the import. */
export const v2SchemaFile = "v2_schema.sql";

/** Absolute path of one of a run's files: in the run's own folder, so that runs and environments cannot share one. */
export const runFile = (context: Pick<StepContext, "runFolder">, name: string): string =>
  join(context.runFolder, name);
