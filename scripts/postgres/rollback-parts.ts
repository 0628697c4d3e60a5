import { rowsOf, type LookedAt } from "./filled-tables.ts";
import { lockWait } from "./load-parts.ts";

/** Keeps everybody away from the tables until the transaction ends, waiting half a minute at most. */
export const buildExclusiveLock = (tables: readonly LookedAt[]): string[] =>
  tables.length === 0
    ? []
    : [
        `set local lock_timeout = ${lockWait};`,
        `lock table ${tables.map(rowsOf).join(", ")} in access exclusive mode;`,
      ];

/** Empties the tables; without CASCADE: what is not in the list is not emptied. Sequences stay as they are. */
export const buildEmptying = (tables: readonly LookedAt[]): string[] =>
  tables.length === 0 ? [] : [`truncate table ${tables.map(rowsOf).join(", ")};`];
