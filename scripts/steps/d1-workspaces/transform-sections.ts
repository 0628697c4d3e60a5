import { noted, passed, problem, warned, type CheckSection } from "../../engine/check.ts";
import { countOf } from "../../engine/wording.ts";
import type { TableCount, Transformed } from "./transform-dump.ts";

/** `records: 12 rows of v1 → 11 rows of v2`. */
export function describeCount({ table, source, made, rows }: TableCount): string {
  const from = [
    ...(source > 0 || made === 0 ? [`${countOf(source, "row")} of v1`] : []),
    ...(made > 0 ? [`${countOf(made, "row")} made`] : []),
  ];
  const left = source + made - rows;
  const missing = left > 0 ? ` (${countOf(left, "row")} not moved)` : "";
  return `${table}: ${from.join(" + ")} → ${countOf(rows, "row")} of v2${missing}`;
}

/** What a transform found, as it stands on the screen and in the report. */
export function buildSections(transformed: Transformed, file: string): CheckSection[] {
  const { counts, notes, decisions, warnings, problems } = transformed;
  const into = `Merge the line that fits into ${file}, with the reason.`;
  return [
    { heading: "Rows", results: counts.map((count) => passed(describeCount(count))) },
    {
      heading: "Decisions",
      results: [
        ...decisions.map((text) => noted(text)),
        ...notes.map((text) => noted(text)),
        ...warnings.map(({ what, ...facts }) => warned(what, facts)),
        ...problems.map(({ what, ...facts }) =>
          problem(what, {
            ...facts,
            todo: [facts.todo, facts.details === undefined ? undefined : into]
              .filter((text) => text !== undefined)
              .join(" "),
          }),
        ),
      ],
    },
  ].filter(({ results }) => results.length > 0);
}
