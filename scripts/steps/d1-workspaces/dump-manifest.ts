import { createHash } from "node:crypto";
import { createReadStream, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { refused } from "../../engine/failure.ts";

const manifestSchema = z.object({
  format: z.literal(1),
  runbook: z.string(),
  environment: z.string(),
  run: z.string(),
  source: z.object({ name: z.string(), id: z.string(), place: z.enum(["local", "remote"]) }),
  wrangler: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
  file: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  /** Rows of each table in the dump. */
  rows: z.record(z.string(), z.number()),
});

/** What is known of a dump: whose it is, how long, and what it holds. */
export type DumpManifest = z.infer<typeof manifestSchema>;

/** Writes it whole or not at all, mode 0600. */
export function writeDumpManifest(file: string, manifest: DumpManifest): void {
  const unfinished = `${file}.part`;
  writeFileSync(unfinished, `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}

/** @throws Failure (exit 3) when it is missing or not one of ours */
export function readDumpManifest(file: string): DumpManifest {
  const explain = (what: string): Error =>
    refused(what, [{ what, where: file, todo: "Export v1 again in this run: step export." }]);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw explain("there is no manifest of v1's dump in this run");
  }
  const manifest = manifestSchema.safeParse(content);
  if (!manifest.success)
    throw explain("the manifest of v1's dump was not written by this movebook");
  return manifest.data;
}

/** sha256 of a file, in hex; streamed. */
export async function hashFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { signal })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
