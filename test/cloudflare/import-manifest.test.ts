import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { writeImportFiles } from "../../scripts/cloudflare/import-file.ts";
import {
  hashImportManifest,
  importManifestFile,
  readImportManifest,
  verifyImportFiles,
} from "../../scripts/cloudflare/import-manifest.ts";
import { Scratch } from "../../scripts/cloudflare/scratch.ts";
import { Failure } from "../../scripts/engine/failure.ts";
import { catchError } from "./local-d1.ts";
import { listImportTables } from "./made-import.ts";

const folder = mkdtempSync(join(tmpdir(), "movebook-manifest-"));
const scratch = Scratch.open(":memory:");
scratch.exec("CREATE TABLE users (id TEXT PRIMARY KEY)");
scratch.exec("INSERT INTO users VALUES ('a'), ('b'), ('c')");
const source = { dump: "of a night" };
const write = async (): ReturnType<typeof writeImportFiles> =>
  writeImportFiles({
    scratch,
    tables: listImportTables(scratch),
    folder,
    source,
    partBytes: 1,
    batchBytes: 1,
  });

describe("the manifest of import files", () => {
  beforeEach(async () => void (await write()));
  afterAll(() => {
    scratch.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const complaints = async (): Promise<string[]> => {
    const error = await catchError(verifyImportFiles(folder));
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).exitCode).toBe(1);
    return (error as Failure).problems.map(({ what }) => what);
  };

  it("is read as it was written, and says that all files are whole", async () => {
    const manifest = await verifyImportFiles(folder);
    expect(manifest).toEqual(readImportManifest(folder));
    expect(manifest).toMatchObject({ format: 1, source, tables: { users: 3 } });
    expect(manifest.parts.map(({ part, rows }) => ({ part, rows }))).toEqual(
      [1, 2, 3].map((part) => ({ part, rows: { users: 1 } })),
    );
  });

  it("stands by its hash for all files", async () => {
    const before = hashImportManifest(readImportManifest(folder));
    expect(hashImportManifest(await write())).toBe(before);
    scratch.exec("INSERT INTO users VALUES ('d')");
    expect(hashImportManifest(await write())).not.toBe(before);
    scratch.exec("DELETE FROM users WHERE id = 'd'");
  });

  it("names every file that is missing, cut or changed", async () => {
    rmSync(join(folder, "part-0001.sql"));
    appendFileSync(join(folder, "part-0002.sql"), "x");
    const { bytes } = readImportManifest(folder).parts[2] ?? { bytes: 0 };
    writeFileSync(join(folder, "part-0003.sql"), "x".repeat(bytes));
    expect(await complaints()).toEqual([
      "part-0001.sql is missing",
      expect.stringMatching(/^part-0002\.sql has \d+ bytes instead of \d+$/),
      "part-0003.sql was changed after it was written",
    ]);
  });

  it("is missed where the writing did not come to its end", async () => {
    rmSync(join(folder, importManifestFile));
    expect(await complaints()).toEqual(["there are no finished import files"]);
  });

  it("is refused when it is damaged", async () => {
    writeFileSync(join(folder, importManifestFile), `{"format": 2, "parts": []}`);
    expect(await complaints()).toEqual(["the import manifest is damaged"]);
  });
});
