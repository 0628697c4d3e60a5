import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { refused } from "../engine/failure.ts";

const section = z.object({
  table: z.object({ schema: z.string(), name: z.string() }),
  columns: z.array(z.string()),
  start: z.number(),
  end: z.number(),
  rows: z.number(),
  line: z.number(),
});
const manifest = z.object({
  v: z.literal(1),
  runbook: z.string(),
  environment: z.string(),
  run: z.string(),
  /** Who was dumped, without secrets: host, port, database, and what the server says of itself. */
  source: z.record(z.string(), z.string()),
  tools: z.record(z.string(), z.string()),
  startedAt: z.string(),
  finishedAt: z.string(),
  file: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  rows: z.number(),
  sections: z.array(section),
  /** With a column: its values are in the dump and are not loaded. */
  leftOut: z.array(
    z.object({ table: z.string(), column: z.string().optional(), reason: z.string() }),
  ),
});

/** What stands beside a dump: whose it is, when and with what it was made, and where each table's rows stand. */
export type DumpManifest = z.infer<typeof manifest>;

/** Writes it whole or not at all: a manifest is there only for a dump that was verified complete. */
export function writeManifest(
  file: string,
  content: { readonly v: 1; readonly [key: string]: unknown },
): void {
  const handle = openSync(`${file}.partial`, "w", 0o600);
  try {
    // not writeSync: on a full disk that writes a part and says nothing
    writeFileSync(handle, `${JSON.stringify(content, null, 2)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.partial`, file);
}

/** @throws Failure (exit 3) when it is missing or damaged */
export function readManifest(file: string): DumpManifest {
  try {
    return manifest.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw refused(missing ? "there is no dump in this run" : "the dump's manifest is damaged", [
      {
        what: missing ? "no dump was made in this run" : "the manifest cannot be read",
        where: file,
        todo: "Dump first.",
      },
    ]);
  }
}
