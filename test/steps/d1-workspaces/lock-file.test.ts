import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../../scripts/engine/failure.ts";
import {
  lockFileOf,
  takeLockFile,
  type LockHolder,
} from "../../../scripts/steps/d1-workspaces/lock-file.ts";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "movebook-lock-"));
  file = lockFileOf({ place: "local", name: "v2", id: "id-2", stateFolder: "/state" }, folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const holder = (pid: number, since = "2026-01-01T00:00:00.000Z"): LockHolder => ({
  pid,
  run: "run-1",
  operator: "anna@laptop",
  project: "/project",
  since,
});

/** A process id that nobody has: it has just ended. */
const deadPid = (): number => spawnSync(process.execPath, ["-e", ""]).pid;

function catchFailure(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it did not refuse");
}

describe("the lock of this machine on a target", () => {
  it("is taken once, and names its holder to the second one", () => {
    takeLockFile(file, holder(process.pid));
    const failure = catchFailure(() => takeLockFile(file, holder(process.pid, "later")));
    expect(failure.exitCode).toBe(3);
    expect(failure.problems[0]?.what).toContain(
      `anna@laptop, process ${process.pid}, run run-1 in /project`,
    );
  });

  it("is free again after its release, and leaves nothing behind", async () => {
    await takeLockFile(file, holder(process.pid)).release();
    expect(readdirSync(folder)).toEqual([]);
    takeLockFile(file, holder(process.pid, "later"));
  });

  it("is taken over from a process that is gone", () => {
    takeLockFile(file, holder(deadPid()));
    takeLockFile(file, holder(process.pid, "later"));
    expect(readFileSync(file, "utf8")).toContain("later");
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it("is not released by one who lost it", async () => {
    const lost = takeLockFile(file, holder(deadPid()));
    takeLockFile(file, holder(process.pid, "later"));
    await lost.release();
    expect(readFileSync(file, "utf8")).toContain("later");
  });

  it("is taken over when the file cannot be read", () => {
    writeFileSync(file, "half a fi");
    takeLockFile(file, holder(process.pid));
    expect(readFileSync(file, "utf8")).toContain("anna@laptop");
  });

  it("is another one for another target", () => {
    const files = [
      lockFileOf({ place: "local", name: "v2", id: "id-2", stateFolder: "/state" }, folder),
      lockFileOf({ place: "local", name: "v2", id: "id-2", stateFolder: "/other" }, folder),
      lockFileOf({ place: "local", name: "v2", id: "id-3", stateFolder: "/state" }, folder),
      lockFileOf({ place: "remote", name: "v2", id: "id-2", accountId: "a" }, folder),
    ];
    expect(new Set(files).size).toBe(4);
  });
});
