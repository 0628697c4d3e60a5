import { displayName, nameKey } from "./identifier.ts";
import type { OtherPart } from "./structure.ts";

/** `column name of Animal`, `comment on table public."Animal"`, `event trigger guard`. */
function describeName({ kind, schema, on, name }: OtherPart): string {
  // the name says on what
  if (kind === "comment") return `comment on ${name}`;
  if (kind === "security label") return `security label ${name}`;
  if (on !== "" && on !== name) return `${kind} ${name} of ${displayName({ schema, name: on })}`;
  return `${kind} ${schema === "" || kind === "schema" ? name : displayName({ schema, name })}`;
}

const show = (value: unknown): string =>
  value === undefined ? "not set" : typeof value === "string" ? value : JSON.stringify(value);

/** What is set, one after the other; a changed part shows only what is not as it was. */
const describeAll = ({ definition }: OtherPart): string =>
  Object.entries(definition)
    .map(([key, value]) => `${key} ${show(value)}`)
    .join(", ");

function describeChange(was: OtherPart, is: OtherPart): string {
  const keys = new Set([...Object.keys(was.definition), ...Object.keys(is.definition)]);
  return [...keys]
    .map((key) => [key, show(was.definition[key]), show(is.definition[key])] as const)
    .filter(([, before, after]) => before !== after)
    .map(([key, before, after]) => `${key} was ${before}, is ${after}`)
    .join("; ");
}

/** Tables that are not looked at, with the sequences that belong to them. */
function withSequences(
  parts: readonly OtherPart[],
  ignored: ReadonlySet<string>,
): ReadonlySet<string> {
  const owned = parts.filter(({ kind, definition }) => {
    const [schema, name] = (definition["table"] ?? []) as readonly string[];
    return (
      kind === "sequence" &&
      schema !== undefined &&
      name !== undefined &&
      ignored.has(nameKey({ schema, name }))
    );
  });
  return new Set([...ignored, ...owned.map(({ schema, on }) => nameKey({ schema, name: on }))]);
}

const indexParts = (
  parts: readonly OtherPart[],
  ignored: ReadonlySet<string>,
): Map<string, OtherPart> =>
  new Map(
    parts
      .filter(({ schema, on }) => on === "" || !ignored.has(nameKey({ schema, name: on })))
      .map((part) => [JSON.stringify([part.kind, part.schema, part.on, part.name]), part]),
  );

/**
 * One line for each part that is gone, new or not as it was.
 * @param ignored nameKeys of tables that are not looked at
 */
export function compareOthers(
  before: readonly OtherPart[],
  after: readonly OtherPart[],
  ignored: ReadonlySet<string>,
): string[] {
  const notLooked = ignored.size === 0 ? ignored : withSequences(before, ignored);
  const was = indexParts(before, notLooked);
  const is = indexParts(after, notLooked);
  const lines: string[] = [];
  for (const [key, part] of was) {
    const now = is.get(key);
    const change = now === undefined ? "" : describeChange(part, now);
    if (now === undefined) lines.push(`${describeName(part)}: is gone, was ${describeAll(part)}`);
    else if (change !== "") lines.push(`${describeName(part)}: ${change}`);
  }
  for (const [key, part] of is)
    if (!was.has(key)) lines.push(`${describeName(part)}: is new: ${describeAll(part)}`);
  return lines;
}
