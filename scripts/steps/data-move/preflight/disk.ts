import { statfsSync } from "node:fs";
import { passed, problem, warned, type CheckResult } from "../../../engine/check.ts";
import { measureTables } from "../../../postgres/table-sizes.ts";
import { sizeOf } from "../../../engine/wording.ts";
import { nameKey } from "../../../postgres/identifier.ts";
import { listMovedTargets } from "../moving-keys.ts";
import type { ScopedSides } from "./section.ts";

/** The name with which an operator overrides the estimate. */
export const diskOverride = "disk-space";

/** In bytes. */
interface Room {
  readonly free: number;
  /** v1's tables. */
  readonly tables: number;
  /** v2's tables that give way. */
  readonly replaced: number;
}

/**
 * Judges the room for the dump, in bytes. Text is often smaller than the table, which holds dead rows and padding,
 * and can be larger: compressed values are written out, bytea takes two characters a byte.
 */
export function judgeRoom({ free, tables, replaced }: Room, folder: string): CheckResult[] {
  const what = replaced === 0 ? "the dump" : "the dump and the rollback point";
  const point = replaced === 0 ? "" : `, what gives way in v2 ${sizeOf(replaced)}`;
  const text = `${sizeOf(free)} free for ${what}; v1's tables take ${sizeOf(tables)}${point}`;
  const needed = tables + replaced;
  const facts = { where: folder, todo: "Make room, or link tmp/ to a larger disk." };
  if (free < needed)
    return [{ ...problem(`not enough room: ${text}`, facts), overridable: diskOverride }];
  return free < 2 * needed ? [warned(`little room: ${text}`, facts)] : [passed(text)];
}

/** v2's rows that give way are saved, and stand there as plain text too while the point is read back. */
async function measurePoint({ context, target, scope }: ScopedSides): Promise<number> {
  if (!context.options.replace) return 0;
  const moved = listMovedTargets(scope.plan, scope.targetCatalogue);
  const tables = scope.targetCatalogue.tables.filter((table) => moved.has(nameKey(table)));
  return (await measureTables(target, tables)).bytes;
}

/** Room for the dump, and for a rollback point, on the disk of the run's folder. */
export async function checkDisk(sides: ScopedSides): Promise<CheckResult[]> {
  const { context, source, scope } = sides;
  const leaves = scope.plan.moved.flatMap((table) => table.leaves.map((leaf) => leaf.source));
  const { bytes } = await measureTables(source, leaves);
  const { bavail, bsize } = statfsSync(context.runFolder);
  return judgeRoom(
    { free: bavail * bsize, tables: bytes, replaced: await measurePoint(sides) },
    context.runFolder,
  );
}
