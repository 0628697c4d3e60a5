import { createHash } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { refused, type Failure } from "../../engine/failure.ts";
import type { HeldLock } from "../../engine/step.ts";
import type { DatabaseAddress } from "../../cloudflare/database-address.ts";

const holderSchema = z.object({
  pid: z.number(),
  run: z.string(),
  operator: z.string(),
  project: z.string(),
  since: z.string(),
});

/** Who works on a target, as the lock file says. */
export type LockHolder = z.infer<typeof holderSchema>;

/** One file for each target on this machine, whatever project or environment names it. */
export function lockFileOf(address: DatabaseAddress, folder = tmpdir()): string {
  const place = address.place === "local" ? address.stateFolder : address.accountId;
  const hash = createHash("sha256").update(JSON.stringify([address.place, place, address.id]));
  return join(folder, `movebook-${hash.digest("hex").slice(0, 24)}.lock`);
}

function readHolder(file: string): LockHolder | undefined {
  try {
    const holder = holderSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return holder.success ? holder.data : undefined;
  } catch {
    return undefined;
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;

/** Signal 0 only asks. EPERM: it is there and belongs to somebody else. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** Puts a whole file in place at once, or says that there is one: nobody ever reads half of it. */
function putInPlace(file: string, holder: LockHolder): boolean {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(holder), { mode: 0o644 });
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Takes the file of a process that is gone out of the way; of two that try it, one finds nothing to take. */
function removeStale(file: string, stale: LockHolder | undefined): void {
  const aside = `${file}.stale-${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  const taken = readHolder(aside);
  // somebody was faster, and it is theirs: back with it
  if (taken !== undefined && taken.since !== stale?.since && isAlive(taken.pid)) {
    try {
      linkSync(aside, file);
    } catch {
      // a third one holds it now
    }
  }
  rmSync(aside, { force: true });
}

const refuse = (file: string, holder: LockHolder | undefined): Failure =>
  refused("another run is working on this target", [
    {
      what:
        holder === undefined
          ? "the target is locked by a file that movebook cannot read"
          : `the target is locked by ${holder.operator}, process ${holder.pid}, run ${holder.run} in ${holder.project}, since ${holder.since}`,
      where: file,
      todo: "Wait for it to end, or ask its operator; then call again. When that process is no movebook, remove the file.",
    },
  ]);

/**
 * Takes the lock of this machine on a target. The lock of a process that is gone is taken over.
 * @throws Failure (exit 3) that names the holder and since when
 */
export function takeLockFile(file: string, holder: LockHolder): HeldLock {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (putInPlace(file, holder)) {
      return {
        release: async () => {
          if (readHolder(file)?.since === holder.since) rmSync(file, { force: true });
        },
      };
    }
    const other = readHolder(file);
    if (other !== undefined && isAlive(other.pid)) throw refuse(file, other);
    removeStale(file, other);
  }
  throw refuse(file, readHolder(file));
}
