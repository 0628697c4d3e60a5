import { problem, type CheckResult } from "../../../engine/check.ts";
import { countOf } from "../../../engine/wording.ts";
import { findLostCharacters, mayLoseCharacters } from "../../../postgres/characters.ts";
import { displayName } from "../../../postgres/identifier.ts";
import type { BothFacts } from "./readiness.ts";
import type { ScopedSides } from "./section.ts";

/** Texts of v1 that v2's encoding cannot hold, by table and column. */
export async function checkCharacters(
  { source, target, scope }: ScopedSides,
  facts: BothFacts,
): Promise<CheckResult[]> {
  const encodings = { source: facts.source.encoding, target: facts.target.encoding };
  if (!mayLoseCharacters(encodings)) return [];
  const lost = await findLostCharacters(source, target, {
    catalogue: scope.sourceCatalogue,
    tables: scope.plan.moved,
    encodings,
  });
  return lost.map(({ table, column, rows }) =>
    encodings.source === "SQL_ASCII"
      ? problem(
          `${displayName(table)}.${column}: ${countOf(rows, "row")} of v1 with bytes that are no UTF-8`,
          {
            where: `table ${displayName(table)}, column ${column}`,
            details: [`v1's encoding is SQL_ASCII: it says nothing of what its bytes mean`],
            todo: "Find out which encoding they are in (LATIN1?), and mend them in the snapshot: update … set x = convert_from(convert(convert_to(x, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII').",
          },
        )
      : problem(
          `${displayName(table)}.${column}: ${countOf(rows, "row")} of v1 with characters that v2's encoding lacks`,
          {
            where: `table ${displayName(table)}, column ${column}`,
            details: [`v1 ${encodings.source}, v2 ${encodings.target}`],
            todo: "Make v2 anew with the encoding UTF8, or change these values in the snapshot.",
          },
        ),
  );
}
