import type { Problem } from "../engine/failure.ts";
import { displayName, nameKey, type QualifiedName } from "./identifier.ts";
import {
  columnKey,
  type ColumnName,
  type DataExtremes,
  type Sequence,
  type SequenceSetting,
  type SequenceState,
} from "./sequences.ts";

/** What is to be done with v2's sequences. */
export interface SequencePlan {
  /** Those that must change, with the state that they get. */
  readonly settings: readonly SequenceSetting[];
  /** Names of those that are right as they are. */
  readonly right: readonly QualifiedName[];
  /** Sequences that cannot be set as they should. */
  readonly problems: readonly Problem[];
  /** What an operator may want to know, one line each. */
  readonly notes: readonly string[];
}

interface Decision {
  readonly set?: SequenceState;
  readonly problem?: Problem;
  readonly note?: string;
}

/**
 * The state that each of v2's sequences needs: the source's (matched by the column that owns it or draws from it,
 * else by name), never behind v2's data or v2's present state. A cycling one gets the source's state as it is.
 * @param untouched nameKeys of tables whose sequences stay as they are (migration history)
 */
export function planSequences(
  source: readonly Sequence[],
  target: readonly Sequence[],
  extremes: DataExtremes,
  untouched: ReadonlySet<string> = new Set(),
): SequencePlan {
  const settings: SequenceSetting[] = [];
  const right: QualifiedName[] = [];
  const problems: Problem[] = [];
  const notes: string[] = [];
  const matched = new Set<Sequence>();
  for (const sequence of target) {
    const partners = matchSequences(source, sequence);
    for (const partner of partners) matched.add(partner);
    const { schema, name } = sequence;
    const decision = decide(sequence, partners, extremes, untouched);
    if (decision.set !== undefined) settings.push({ schema, name, state: decision.set });
    else if (decision.problem === undefined) right.push({ schema, name });
    if (decision.problem !== undefined) problems.push(decision.problem);
    if (decision.note !== undefined) notes.push(decision.note);
  }
  return { settings, right, problems, notes: [...notes, ...noteLeftovers(source, matched)] };
}

const noteLeftovers = (source: readonly Sequence[], matched: ReadonlySet<Sequence>): string[] =>
  source
    .filter((sequence) => sequence.extension === null && !matched.has(sequence))
    .map((sequence) => `sequence ${displayName(sequence)} is in v1 only`);

const columnsOf = (sequence: Sequence): Set<string> =>
  new Set([...(sequence.owner === null ? [] : [sequence.owner]), ...sequence.draws].map(columnKey));

/** By owning column first, because v2 may have renamed the sequence; then by drawing columns; then by name. */
function matchSequences(source: readonly Sequence[], sequence: Sequence): Sequence[] {
  const owner = sequence.owner === null ? undefined : columnKey(sequence.owner);
  const columns = columnsOf(sequence);
  const byColumn = source.filter((other) =>
    [...columnsOf(other)].some((column) => columns.has(column)),
  );
  const ownedAlike = (other: Sequence): boolean =>
    other.owner !== null && columnKey(other.owner) === owner;
  if (byColumn.length > 0)
    return byColumn.toSorted((a, b) => Number(ownedAlike(b)) - Number(ownedAlike(a)));
  return source.filter((other) => nameKey(other) === nameKey(sequence));
}

function decide(
  sequence: Sequence,
  partners: readonly Sequence[],
  extremes: DataExtremes,
  untouched: ReadonlySet<string>,
): Decision {
  const name = `sequence ${displayName(sequence)}`;
  if (sequence.extension !== null)
    return { note: `${name} belongs to extension ${sequence.extension}: left as it is` };
  if (isUntouched(sequence, untouched))
    return { note: `${name} counts a table that is not moved: left as it is` };
  // what counts no column of ours is somebody else's, when this role has no rights to it
  const foreign = sequence.draws.length === 0 && sequence.owner === null && !sequence.owned;
  if (foreign && (sequence.state === null || !sequence.maySet))
    return { note: `${name} belongs to another role: left as it is` };
  if (sequence.state === null) return { problem: describeUnreadable(sequence) };
  const choice = chooseState(sequence, sequence.state, partners, extremes);
  const unread = partners.some((partner) => partner.state === null)
    ? `v1's ${name} cannot be read by this role: v2's is set from the data only`
    : undefined;
  const note = omitUndefined(choice.note ?? unread);
  if (isSameState(choice.state, sequence.state)) return note;
  if (!isWithin(sequence, choice.state.last))
    return { problem: describeOutOfBounds(sequence, choice.state) };
  if (!sequence.maySet) return { problem: describeForbidden(sequence, choice.state) };
  return { set: choice.state, ...note };
}

const omitUndefined = (note: string | undefined): Pick<Decision, "note"> =>
  note === undefined ? {} : { note };

function isUntouched(sequence: Sequence, untouched: ReadonlySet<string>): boolean {
  const tables = [...(sequence.owner === null ? [] : [sequence.owner]), ...sequence.draws].map(
    tableKey,
  );
  return tables.length > 0 && tables.every((table) => untouched.has(table));
}

const tableKey = (of: ColumnName): string => nameKey({ schema: of.schema, name: of.table });

/** Nothing would change by setting the one to the other. */
export const isSameState = (a: SequenceState, b: SequenceState): boolean =>
  a.last === b.last && a.called === b.called;

/** What nextval gives next. */
export const nextValue = (sequence: Sequence, state: SequenceState): bigint =>
  state.called ? state.last + sequence.increment : state.last;

const describeOutOfBounds = (sequence: Sequence, wanted: SequenceState): Problem => ({
  what: `sequence ${displayName(sequence)} must go on from ${wanted.last}, but v2 lets it count from ${sequence.min} to ${sequence.max} only`,
  where: displayPlace(sequence),
  todo: "widen the sequence in v2 by a migration (ALTER SEQUENCE … MINVALUE, MAXVALUE or AS bigint)",
});

const describeForbidden = (sequence: Sequence, wanted: SequenceState): Problem => ({
  what: `sequence ${displayName(sequence)} must go on from ${wanted.last}, but this role may not set it`,
  where: displayPlace(sequence),
  todo: "grant UPDATE on it to this role, or set it as its owner",
});

const describeUnreadable = (sequence: Sequence): Problem => ({
  what: `sequence ${displayName(sequence)} of v2 cannot be read by this role`,
  where: displayPlace(sequence),
  todo: "grant SELECT and UPDATE on it to this role",
});

const displayPlace = ({ schema, name, owner }: Sequence): string =>
  owner === null
    ? displayName({ schema, name })
    : `${displayName({ schema: owner.schema, name: owner.table })}.${owner.column}`;

interface Choice {
  readonly state: SequenceState;
  readonly note?: string;
}

/** The furthest of: the source's states, v2's present state, v2's data. On a tie the source's own state. */
function chooseState(
  sequence: Sequence,
  present: SequenceState,
  partners: readonly Sequence[],
  extremes: DataExtremes,
): Choice {
  if (sequence.cycle) return { state: partners[0]?.state ?? present };
  const alike = partners.filter((partner) => isAscending(partner) === isAscending(sequence));
  const states = [
    ...alike.map((partner) => partner.state).filter((state) => state !== null),
    present,
  ];
  const base = furthest(sequence, states) ?? present;
  const past = (data: bigint | null): SequenceState =>
    data === null || !isBehind(sequence, base, data)
      ? base
      : { last: alignToGrid(sequence, base.last, data), called: true };
  const state = past(furthestData(sequence, extremes, "outer"));
  if (state === base || !isUsedUp(sequence, state) || !alike.some(isInUse)) return { state };
  // one row at the limit (a sentinel) did not stop v1, and using the sequence up would stop v2's inserts
  const note = `the data that sequence ${displayName(sequence)} counts reaches its limit; it goes on from v1's state, as in v1`;
  return { state: past(furthestData(sequence, extremes, "inner")), note };
}

const isWithin = (sequence: Sequence, value: bigint): boolean =>
  value >= sequence.min && value <= sequence.max;
const isUsedUp = (sequence: Sequence, state: SequenceState): boolean =>
  !isWithin(sequence, nextValue(sequence, state));
const isInUse = (sequence: Sequence): boolean =>
  sequence.state !== null && !isUsedUp(sequence, sequence.state);

const isAscending = (sequence: Sequence): boolean => sequence.increment > 0n;

function furthest(sequence: Sequence, states: readonly SequenceState[]): SequenceState | undefined {
  const isFurther = (a: SequenceState, b: SequenceState): boolean =>
    isAscending(sequence)
      ? nextValue(sequence, a) > nextValue(sequence, b)
      : nextValue(sequence, a) < nextValue(sequence, b);
  return states.reduce<SequenceState | undefined>(
    (best, state) => (best === undefined || isFurther(state, best) ? state : best),
    undefined,
  );
}

/** The next value of the sequence would run into, or has yet to pass, a value that the data holds. */
const isBehind = (sequence: Sequence, state: SequenceState, data: bigint): boolean =>
  isAscending(sequence) ? nextValue(sequence, state) <= data : nextValue(sequence, state) >= data;

/** True when the sequence, in that state, would give numbers that the data holds already. A cycling one may. */
export function isBehindData(
  sequence: Sequence,
  state: SequenceState,
  extremes: DataExtremes,
): boolean {
  const data = furthestData(sequence, extremes, "outer");
  return !sequence.cycle && data !== null && isBehind(sequence, state, data);
}

/** The data's far end over all columns that draw from it; null when there is nothing to compare. */
function furthestData(
  sequence: Sequence,
  extremes: DataExtremes,
  part: "outer" | "inner",
): bigint | null {
  const ends = sequence.draws
    .filter((draw) => draw.compared)
    .map((draw) => extremes.get(columnKey(draw)))
    .map((of) => (part === "inner" ? (of?.inner ?? of) : of))
    .map((of) => (isAscending(sequence) ? of?.largest : of?.smallest) ?? null)
    .filter((end) => end !== null);
  return ends.reduce<bigint | null>(
    (far, end) => (far === null || (isAscending(sequence) ? end > far : end < far) ? end : far),
    null,
  );
}

/**
 * The first value at or past `data` that the sequence would have come to by itself: two servers that count
 * 1, 3, 5 and 2, 4, 6 must stay apart. At the sequence's limit, the data's own value.
 */
function alignToGrid(sequence: Sequence, base: bigint, data: bigint): bigint {
  const size = isAscending(sequence) ? sequence.increment : -sequence.increment;
  const distance = isAscending(sequence) ? data - base : base - data;
  const steps = distance <= 0n ? 0n : (distance + size - 1n) / size;
  const aligned = base + steps * sequence.increment;
  return aligned > sequence.max || aligned < sequence.min ? data : aligned;
}
