import type { Connection, Clients } from "./libpq.ts";
import { queryRows } from "./libpq.ts";
import type { Picture, SequenceState } from "./picture.ts";

/** What a move has to answer for, in sentences; empty when all is as it should be. */
export interface Verdict {
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}

/** Tables of migration tools: v2 keeps its own, whatever v1 holds. */
const historyTable =
  /\."?(?:_prisma_migrations(?:_lock)?|schema_migrations|ar_internal_metadata|__drizzle_migrations|knex_migrations(?:_lock)?|alembic_version|flyway_schema_history|pgmigrations)"?$/;

const shown = 5;

function listDifferences(
  what: string,
  before: readonly string[],
  after: readonly string[],
): string[] {
  const [was, is] = [new Set(before), new Set(after)];
  const lines = [
    ...before.filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `+ ${line}`),
  ];
  if (lines.length === 0)
    return before.join("\n") === after.join("\n") ? [] : [`${what}: another order`];
  const more = lines.length > shown ? ` … and ${lines.length - shown} more` : "";
  return [`${what}: ${lines.slice(0, shown).join("; ")}${more}`];
}

const describeContents = (picture: Picture): string[] =>
  [...picture.contents].map(
    ([name, held]) =>
      `${name}: ${held === undefined ? "not populated" : `${held.rows} rows, sha256 ${held.sha256}`}`,
  );

const describeState = ({ last, called }: SequenceState): string =>
  `${last}${called ? "" : " (not called)"}`;

const describeSequences = (picture: Picture): string[] =>
  [...picture.sequences].map(([name, state]) => `${name}: ${describeState(state)}`);

/** A database that must not have changed at all: the source. */
export const compareSame = (what: string, before: Picture, after: Picture): string[] => [
  ...listDifferences(`${what}: schema`, before.schema.split("\n"), after.schema.split("\n")),
  ...listDifferences(`${what}: contents`, describeContents(before), describeContents(after)),
  ...listDifferences(`${what}: sequences`, describeSequences(before), describeSequences(after)),
  ...listDifferences(`${what}: states`, before.states, after.states),
  ...listDifferences(`${what}: system catalogues`, before.catalogue, after.catalogue),
];

export interface Pictures {
  readonly source: Picture;
  readonly targetBefore: Picture;
  readonly target: Picture;
}

/** What of a move is no copy of v1, by the nature of the two schemas. Names are quoted and qualified. */
export interface Exceptions {
  /** Tables and sequences of v2 that must be as they were before, whatever v1 holds. */
  readonly stays?: readonly string[];
  /** Tables and sequences that are judged otherwise. */
  readonly judged?: readonly string[];
}

function compareContents(
  { source, targetBefore, target }: Pictures,
  { stays = [], judged = [] }: Exceptions,
): Verdict {
  const faults: string[] = [];
  const notes: string[] = [];
  for (const [name, wanted] of source.contents) {
    if (judged.includes(name)) continue;
    const kept = historyTable.test(name) || stays.includes(name);
    const should = kept ? targetBefore.contents.get(name) : wanted;
    if (historyTable.test(name)) notes.push(`${name} is v2's own history and stays`);
    const is = target.contents.get(name);
    if (is?.sha256 === should?.sha256 && is?.rows === should?.rows) continue;
    const describe = (rows: number | undefined): string =>
      rows === undefined ? "is not there or not populated" : `has ${rows} rows`;
    faults.push(
      `${name}: ${describe(is?.rows)}, ${kept ? "v2's before" : "v1's"} ${describe(should?.rows)}${is?.rows === should?.rows ? " of other contents" : ""}`,
    );
  }
  return { faults: [...faults, ...listOwnChanges(source, targetBefore, target, judged)], notes };
}

/** Tables that only v2 has are as they were. */
function listOwnChanges(
  source: Picture,
  before: Picture,
  after: Picture,
  judged: readonly string[],
): string[] {
  const isOwn = ([name]: readonly [string, unknown]): boolean =>
    !source.contents.has(name) && !judged.includes(name);
  const own = (picture: Picture): Picture => ({
    ...picture,
    contents: new Map([...picture.contents].filter(isOwn)),
  });
  return listDifferences(
    "what only v2 has",
    describeContents(own(before)),
    describeContents(own(after)),
  );
}

const nextOf = ({ last, called, increment }: SequenceState): bigint =>
  called ? last + increment : last;

/** A sequence whose next number is taken already, as restores without setval leave it, has to be lifted. */
async function isBehind(
  clients: Clients,
  connection: Connection,
  state: SequenceState,
): Promise<bigint | undefined> {
  const direction = state.increment > 0n ? "max" : "min";
  const ends: bigint[] = [];
  for (const { table, column } of state.columns) {
    const [row] = await queryRows(
      clients,
      connection,
      `select trunc(${direction}(${column}))::text from ${table} where ${column}::text ~ '^[-0-9.]+$'`,
    ).catch(() => []);
    if (row?.[0] !== undefined && row[0] !== "") ends.push(BigInt(row[0]));
  }
  const beyond = (a: bigint, b: bigint): boolean => (state.increment > 0n ? a > b : a < b);
  const end = ends.reduce<bigint | undefined>(
    (best, one) => (best === undefined || beyond(one, best) ? one : best),
    undefined,
  );
  return end !== undefined && !beyond(nextOf(state), end) ? end : undefined;
}

async function compareSequences(
  clients: Clients,
  source: Connection,
  pictures: Pictures,
  { stays = [], judged = [] }: Exceptions,
): Promise<Verdict> {
  const faults: string[] = [];
  const notes: string[] = [];
  for (const [name, before] of pictures.targetBefore.sequences) {
    if (judged.includes(name) || (pictures.source.sequences.has(name) && !stays.includes(name)))
      continue;
    const is = pictures.target.sequences.get(name);
    if (is === undefined || describeState(is) !== describeState(before))
      faults.push(`sequence ${name} of v2 alone has changed`);
  }
  for (const [name, wanted] of pictures.source.sequences) {
    if (judged.includes(name) || stays.includes(name)) continue;
    const is = pictures.target.sequences.get(name);
    if (is !== undefined && describeState(is) === describeState(wanted)) continue;
    const states = `${is === undefined ? "not there" : describeState(is)}, v1's ${describeState(wanted)}`;
    const end = await isBehind(clients, source, wanted);
    const lifted = is !== undefined && end !== undefined && nextOf(is) === end + is.increment;
    if (lifted) notes.push(`${name} was behind its rows and was lifted: ${states}`);
    else faults.push(`sequence ${name}: ${states}`);
  }
  return { faults, notes };
}

/** v2 after the move against v1, and against itself before the move. */
export async function compareMoved(
  clients: Clients,
  source: Connection,
  pictures: Pictures,
  exceptions: Exceptions = {},
): Promise<Verdict> {
  const { targetBefore, target } = pictures;
  const contents = compareContents(pictures, exceptions);
  const sequences = await compareSequences(clients, source, pictures, exceptions);
  return {
    faults: [
      ...listDifferences("v2's schema", targetBefore.schema.split("\n"), target.schema.split("\n")),
      ...listDifferences("v2's states", targetBefore.states, target.states),
      ...listDifferences("v2's system catalogues", targetBefore.catalogue, target.catalogue),
      ...contents.faults,
      ...sequences.faults,
    ],
    notes: [...contents.notes, ...sequences.notes],
  };
}
