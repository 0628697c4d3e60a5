import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StepContext } from "../../engine/step.ts";
import { displayName, nameKey, type QualifiedName } from "../../postgres/identifier.ts";
import type { SequenceSetting } from "../../postgres/sequences.ts";
import {
  compareStructures,
  parseStructure,
  readStructure,
  type Structure,
} from "../../postgres/structure.ts";
import {
  differing,
  notRunning,
  noting,
  passing,
  type Finding,
  type FindingSection,
} from "../../engine/findings.ts";
import { findSection } from "./findings.ts";
import type { Lane } from "./lanes.ts";
import { remembered } from "./remembered.ts";
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

/** Constraints, triggers and indexes must be as they were before the import's first change. */
export const findStructure = (context: StepContext, { target }: Lane): Promise<FindingSection> =>
  findSection("STRUCTURE:", async () => {
    const name = context.recall(remembered.structureBefore);
    if (typeof name !== "string") return [missBefore(context, "constraints, triggers, indexes")];
    const file = join(context.runFolder, name);
    if (!existsSync(file)) return [missFile(file)];
    const before = parseStructure(readFileSync(file, "utf8"));
    const dropped = (context.recall(remembered.droppedArtefacts) ?? []) as readonly QualifiedName[];
    return describeStructure(before, await readStructure(target), new Set(dropped.map(nameKey)));
  });

/** A run that imported must know what was before; one that changed nothing has nothing to compare with. */
export function missBefore(context: StepContext, what: string): Finding {
  if (!context.isDone("import")) return noting(`${what}: not compared, this run has not imported`);
  return notRunning(what, {
    what: `${what} as they were before the import were not kept`,
    where: "journal of this run",
  });
}

const missFile = (file: string): Finding =>
  notRunning("constraints, triggers, indexes", {
    what: "the file with the structure as it was before the import is gone",
    where: file,
  });

/** @param ignored tables that postimport dropped: they took their own parts along */
function describeStructure(
  before: Structure,
  after: Structure,
  ignored: ReadonlySet<string>,
): Finding[] {
  const empty: Structure = { constraints: [], triggers: [], indexes: [] };
  return (["constraints", "triggers", "indexes"] as const).map((part) => {
    const was = { ...empty, [part]: before[part] };
    const differences = compareStructures(was, { ...empty, [part]: after[part] }, ignored);
    const count = after[part].length.toLocaleString("en-US");
    if (differences.length === 0) return passing(`${part} as before`, count);
    return differing(`${part} as before`, count, {
      what: `${countOf(differences.length, "difference")} in ${part} to what they were before the import`,
      where: part,
      details: differences,
    });
  });
}
