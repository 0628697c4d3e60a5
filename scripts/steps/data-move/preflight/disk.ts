import { statfsSync } from "node:fs";
import { passed, problem, warned, type CheckResult } from "../../../engine/check.ts";
import { measureTables } from "../../../postgres/table-sizes.ts";
import { sizeOf } from "../../../engine/wording.ts";
import type { ScopedSides } from "./section.ts";

/** The name with which an operator overrides the estimate. */
export const diskOverride = "disk-space";

/**
 * Judges the room for the dump, in bytes. Text is often smaller than the table, which holds dead rows and padding,
 * and can be larger: compressed values are written out, bytea takes two characters a byte.
 */
export function judgeRoom(free: number, tables: number, folder: string): CheckResult[] {
  const text = `${sizeOf(free)} free for the dump; v1's tables take ${sizeOf(tables)}`;
  const facts = { where: folder, todo: "Make room, or link tmp/ to a larger disk." };
  if (free < tables)
    return [
      { ...problem(`not enough room for the dump: ${text}`, facts), overridable: diskOverride },
    ];
  return free < 2 * tables ? [warned(`little room for the dump: ${text}`, facts)] : [passed(text)];
}

/** Room for the dump on the disk of the run's folder. */
export async function checkDisk({ context, source, scope }: ScopedSides): Promise<CheckResult[]> {
  const leaves = scope.plan.moved.flatMap((table) => table.leaves.map((leaf) => leaf.source));
  const { bytes } = await measureTables(source, leaves);
  const { bavail, bsize } = statfsSync(context.runFolder);
  return judgeRoom(bavail * bsize, bytes, context.runFolder);
}
