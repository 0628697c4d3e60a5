import { Failure } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { displayName } from "../../postgres/identifier.ts";
import type { SequenceSetting } from "../../postgres/sequences.ts";
import { compareStructures } from "../../postgres/structure-differences.ts";
import type { Structure } from "../../postgres/structure.ts";
import {
  differing,
  notRunning,
  noting,
  passing,
  warning,
  type Finding,
  type FindingSection,
} from "../../engine/findings.ts";
import { findSection } from "./findings.ts";
import type { Lane } from "./lanes.ts";
import {
  compareSchemaDump,
  compareStructure,
  hasKeptSchema,
  type SchemaDumpComparison,
  type StructureComparison,
} from "./schema-changes.ts";
import type { Scope } from "./scope.ts";
import { readSequencePlan } from "./sequence-states.ts";
import { countOf } from "../../engine/wording.ts";

/** Every sequence of v2 must be ahead of v1's state and of v2's data. */
export const findSequences = ({ source, target }: Lane, scope: Scope): Promise<FindingSection> =>
  findSection("SEQUENCES:", async () => {
    const plan = await readSequencePlan(source, target, scope);
    return [
      ...plan.right.map((name) => passing(displayName(name), "ahead")),
      ...plan.settings.map(describeBehind),
      ...plan.problems.map((problem) => differing(problem.where ?? "sequence", "behind", problem)),
      ...plan.notes.map((note) => noting(note)),
    ];
  });

const describeBehind = (setting: SequenceSetting): Finding => {
  const name = displayName(setting);
  return differing(name, "behind", {
    what: `sequence ${name} must go on from ${setting.state.last}`,
    where: `sequence ${name}`,
    todo: "set the sequences: run the step postimport",
  });
};

/** v2's schema must be as it was before the import's first change. */
export const findStructure = (context: StepContext, { target }: Lane): Promise<FindingSection> =>
  findSection("STRUCTURE:", async () => {
    if (!hasKeptSchema(context)) return [missBefore(context, "v2's schema")];
    return [
      ...(await attempt("structure", async () =>
        describeStructure(await compareStructure(context, target)),
      )),
      ...(await attempt("schema dump", async () =>
        describeSchemaDump(await compareSchemaDump(context, target)),
      )),
    ];
  });

/** What keeps a comparison from running is a check that could not run, and says all that is known of why. */
async function attempt(label: string, ask: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [first] = error.problems;
    return [notRunning(label, { ...first, what: [error.message, first?.what].join(": ") })];
  }
}

/** A run that imported must know what was before; one that changed nothing has nothing to compare with. */
export function missBefore(context: StepContext, what: string): Finding {
  if (!context.isDone("import")) return noting(`${what}: not compared, this run has not imported`);
  return notRunning(what, {
    what: `${what} as before the import was not kept`,
    where: "journal of this run",
  });
}

const members = ["constraints", "triggers", "indexes", "others"] as const;

function describeStructure({ before, after, ignored }: StructureComparison): Finding[] {
  const empty: Structure = { constraints: [], triggers: [], indexes: [], others: [] };
  return [
    ...members.map((member) => {
      const was = { ...empty, [member]: before[member] };
      const differences = compareStructures(was, { ...empty, [member]: after[member] }, ignored);
      return describeMember(member, after[member].length, differences);
    }),
    noting(countKinds(after)),
  ];
}

function describeMember(
  member: keyof Structure,
  count: number,
  differences: readonly string[],
): Finding {
  const label = `${member === "others" ? "everything else" : member} as before`;
  const part = member === "others" ? "other things" : member;
  const value = count.toLocaleString("en-US");
  if (differences.length === 0) return passing(label, value);
  return differing(label, value, {
    what: `${countOf(differences.length, "difference")} in ${part} to what they were before the import`,
    where: part,
    details: shorten(differences),
    rows: differences,
  });
}

const pluralOf = (kind: string): string =>
  kind.endsWith("s") ? kind : `${kind}s`.replace(/ys$/u, "ies");

/** `17 tables, 120 columns, 1 function`. */
function countKinds({ others }: Structure): string {
  const counts = new Map<string, number>();
  for (const { kind } of others) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts]
    .map(
      ([kind, count]) => `${count.toLocaleString("en-US")} ${count === 1 ? kind : pluralOf(kind)}`,
    )
    .join(", ");
}

function describeSchemaDump(comparison: SchemaDumpComparison): Finding[] {
  const { isIdentical, differences, lineCount, leftOut } = comparison;
  const lines = countOf(lineCount, "line");
  const notes = leftOut.map((what) => noting(`not in the schema dump: ${what}`));
  if (isIdentical) return [passing("schema dump identical", lines), ...notes];
  if (differences.length === 0)
    return [warning("schema dump identical but for the order of objects", lines), ...notes];
  const problem = {
    what: `${countOf(differences.length, "object")} of v2 not as before the import in the dump of its schema`,
    where: "schema-before.sql and schema-after.sql in the folder of the run",
    details: shorten(differences.map(({ summary }) => summary)),
    rows: differences.flatMap(({ summary, lines: changed }) => [summary, ...changed]),
  };
  return [differing("schema dump identical", lines, problem), ...notes];
}

const shown = 20;
const shownLetters = 300;

/** What a screen has room for; all of it goes into the report. */
const shorten = (lines: readonly string[]): string[] => [
  ...lines
    .slice(0, shown)
    .map((line) => (line.length > shownLetters ? `${line.slice(0, shownLetters)} …` : line)),
  ...(lines.length > shown ? [`and ${lines.length - shown} more, see the report`] : []),
];
