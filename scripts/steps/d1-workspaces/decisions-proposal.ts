import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { noted, type CheckSection } from "../../engine/check.ts";
import type { StepContext } from "../../engine/step.ts";
import type { DecisionsFile } from "./decisions-file.ts";

type Tree = { readonly [key: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the operator has decided stays; what is asked for is added below it. */
function merge(decided: Tree, asked: Tree): Tree {
  const merged: Record<string, unknown> = { ...decided };
  for (const [key, value] of Object.entries(asked)) {
    const before = merged[key];
    if (before === undefined) merged[key] = value;
    else if (isTree(before) && isTree(value)) merged[key] = merge(before, value);
  }
  return merged;
}

/** The first line of each problem that is a decision to make: where several would do, it is the one proposed. */
function listAsked(sections: readonly CheckSection[]): Tree[] {
  return sections
    .flatMap(({ results }) => results)
    .filter(({ outcome }) => outcome === "problem")
    .flatMap(({ problem }) => problem?.details?.find((line) => line.startsWith("{")) ?? [])
    .map((line) => JSON.parse(line) as Tree);
}

/** The decisions that there are, with all that are asked for; undefined when none is. */
export function buildProposal(
  sections: readonly CheckSection[],
  { text }: Pick<DecisionsFile, "text">,
): string | undefined {
  const asked = listAsked(sections);
  if (asked.length === 0) return undefined;
  const decided = text === "" ? {} : (JSON.parse(text) as Tree);
  return `${JSON.stringify(asked.reduce(merge, decided), undefined, 2)}\n`;
}

/**
 * Writes the whole decisions file as it could be, for the operator to copy; its "<…>" are refused until they are filled
 * in.
 * @returns the sections, with one that says so when there is something to decide
 */
export function proposeDecisions(
  { projectFolder }: Pick<StepContext, "projectFolder">,
  sections: readonly CheckSection[],
  file: DecisionsFile,
): readonly CheckSection[] {
  const proposal = buildProposal(sections, file);
  if (proposal === undefined) return sections;
  const name = join("tmp", "d1-decisions.proposed.json");
  mkdirSync(join(projectFolder, "tmp"), { recursive: true, mode: 0o700 });
  writeFileSync(join(projectFolder, name), proposal, { mode: 0o600 });
  const results = [
    noted(`all decisions of this list in one file: ${name}`),
    noted(`fill in each <…> of it, then: cp ${name} ${file.name}`),
  ];
  return [...sections, { heading: "Decisions to make:", results }];
}
