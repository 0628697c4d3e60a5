import { warned, type CheckResult } from "../../../engine/check.ts";
import type { Database } from "../../../postgres/database.ts";

/** Event triggers of v2 that fire at what a move does there. What their functions do is not known beforehand. */
export async function checkEventTriggers(target: Database): Promise<CheckResult[]> {
  const found = await target.ask<{ name: string; function: string }>(
    "postgres/list-firing-event-triggers",
  );
  if (found.length === 0) return [];
  const names = found.map(({ name }) => name).join(", ");
  return [
    warned(`event triggers of v2 fire at what the move does there (ALTER TABLE …): ${names}`, {
      details: found.map((each) => `${each.name} calls ${each.function}`),
      todo: "Look at what they do. One that raises an error stops the import, and v2 stays as it was; only a superuser can disable them.",
    }),
  ];
}
