import { readFileSync } from "node:fs";
import { z } from "zod";
import { refused } from "../engine/failure.ts";

const file = z.object({ file: z.string(), bytes: z.number(), sha256: z.string() });
const table = z.object({
  schema: z.string(),
  name: z.string(),
  kind: z.enum(["r", "p"]),
  rows: z.number(),
  sums: z.tuple([z.string(), z.string()]).readonly(),
});
const manifest = z.object({
  v: z.literal(1),
  runbook: z.string(),
  environment: z.string(),
  run: z.string(),
  movebook: z.string(),
  /** `ann@laptop`: where the files are. */
  operator: z.string(),
  takenAt: z.string(),
  /** Which database it is of, without secrets: host, port, database, role, and what the server says of itself. */
  target: z.record(z.string(), z.string()),
  tools: z.record(z.string(), z.string()),
  /** The tables that rows go into, those without rows too. */
  tables: z.array(table),
  /** Tables of v1's migration history in v2, which go. */
  artefacts: z.array(table),
  sequences: z.array(
    z.object({ schema: z.string(), name: z.string(), last: z.string(), called: z.boolean() }),
  ),
  views: z.array(z.object({ schema: z.string(), name: z.string(), populated: z.boolean() })),
  /** Archive with the rows of all tables. */
  rows: file,
  /** Archive with the schema of the artefacts. */
  schema: file.optional(),
});

/** What stands beside a rollback point: what it holds, of which database and moment, and the files' sums. */
export type RollbackManifest = z.infer<typeof manifest>;

/** @throws Failure (exit 3) when it is missing or damaged */
export function readRollbackManifest(path: string): RollbackManifest {
  try {
    return manifest.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw refused(missing ? "the rollback point is not there" : "the rollback point is damaged", [
      {
        what: missing
          ? "its manifest is missing"
          : "its manifest cannot be read: it was cut or changed",
        where: path,
        todo: "Take the files from a backup of the run's folder; what they held is nowhere else.",
      },
    ]);
  }
}
