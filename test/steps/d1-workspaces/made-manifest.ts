import { createHash } from "node:crypto";
import { writeDumpManifest } from "../../../scripts/steps/d1-workspaces/dump-manifest.ts";
import { dumpFile } from "../../../scripts/steps/d1-workspaces/run-files.ts";

/** The manifest that step export would have written beside this dump, as much of it as is looked at. */
export const writeMadeManifest = (file: string, dump: string): void =>
  writeDumpManifest(file, {
    format: 1,
    runbook: "d1-workspaces",
    environment: "local",
    run: "run",
    source: { name: "v1", id: "id-of-v1", place: "local" },
    wrangler: "4.86.0",
    startedAt: "",
    finishedAt: "",
    file: dumpFile,
    bytes: Buffer.byteLength(dump),
    sha256: createHash("sha256").update(dump).digest("hex"),
    rows: {},
  });
