import { displayName, nameKey } from "./identifier.ts";
import { compareOthers } from "./structure-others.ts";
import type { ConstraintPart, IndexPart, Part, Structure, TriggerPart } from "./structure.ts";

const modes: Readonly<Record<string, string>> = {
  O: "enabled",
  D: "disabled",
  R: "enabled for replicas only",
  A: "always enabled",
};

export const describeConstraint = (of: ConstraintPart): string =>
  [
    of.definition,
    of.validated || of.definition.endsWith("NOT VALID") ? "" : "(not validated)",
    ...describeComment(of),
  ]
    .filter((part) => part !== "")
    .join(" ");
export const describeTrigger = (of: TriggerPart): string =>
  [of.definition, `(${modes[of.enabled] ?? of.enabled})`, ...describeComment(of)].join(" ");
export const describeIndex = (of: IndexPart): string =>
  [
    of.definition,
    ...(of.valid ? [] : ["(invalid)"]),
    ...(of.clustered ? ["(clustered)"] : []),
    ...(of.replicaIdentity ? ["(replica identity)"] : []),
    ...describeComment(of),
  ].join(" ");
const describeComment = ({ comment }: Part): string[] =>
  comment === null ? [] : [`(comment: ${comment})`];

/**
 * One line for each part that is gone, new or not as it was; empty when all are equal.
 * @param ignored nameKeys of tables that are not looked at (a history table that was removed on purpose)
 */
export function compareStructures(
  before: Structure,
  after: Structure,
  ignored: ReadonlySet<string> = new Set(),
): string[] {
  return [
    ...compareParts(
      "constraint",
      before.constraints,
      after.constraints,
      describeConstraint,
      ignored,
    ),
    ...compareParts("trigger", before.triggers, after.triggers, describeTrigger, ignored),
    ...compareParts("index", before.indexes, after.indexes, describeIndex, ignored),
    ...compareOthers(before.others, after.others, ignored),
  ];
}

function compareParts<T extends Part>(
  word: string,
  before: readonly T[],
  after: readonly T[],
  describe: (part: T) => string,
  ignored: ReadonlySet<string>,
): string[] {
  const was = indexParts(before, ignored);
  const is = indexParts(after, ignored);
  const lines: string[] = [];
  for (const [key, part] of was) {
    const now = is.get(key);
    const name = `${word} ${part.name} on ${displayName({ schema: part.schema, name: part.on })}`;
    if (now === undefined) lines.push(`${name}: is gone, was ${describe(part)}`);
    else if (describe(now) !== describe(part))
      lines.push(`${name}: was ${describe(part)}, is ${describe(now)}`);
  }
  for (const [key, part] of is)
    if (!was.has(key))
      lines.push(
        `${word} ${part.name} on ${displayName({ schema: part.schema, name: part.on })}: is new: ${describe(part)}`,
      );
  return lines;
}

const indexParts = <T extends Part>(
  parts: readonly T[],
  ignored: ReadonlySet<string>,
): Map<string, T> =>
  new Map(
    parts
      .filter((part) => !ignored.has(nameKey({ schema: part.schema, name: part.on })))
      .map((part) => [JSON.stringify([part.schema, part.on, part.name]), part]),
  );
