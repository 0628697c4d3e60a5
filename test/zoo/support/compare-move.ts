import { compareMoved, compareSame, type Exceptions } from "../../corpus/compare.ts";
import { readCopies } from "../../corpus/copies.ts";
import type { Clients, Connection } from "../../corpus/libpq.ts";
import { type Picture, takePicture } from "../../corpus/picture.ts";
import type { Ended } from "../../e2e/support/move.ts";

/**
 * Rows that are compared by a question and not table by table: where v2 lacks columns, has more, or cuts its
 * partitions elsewhere. Both questions must give rows, and the same.
 */
export interface OwnQuestion {
  readonly v1: string;
  /** Default: that of v1. */
  readonly v2?: string;
  /** The tables and sequences, quoted and qualified, that it stands for. */
  readonly of: readonly string[];
}

export interface MoveExpectations extends Exceptions {
  readonly questions?: readonly OwnQuestion[];
  /** Tables, materialized views and sequences that must be in v1: a forgotten one is seen. Tables must hold rows. */
  readonly mustHold?: readonly string[];
  /** v2 must be as it was, although the work ends well: an undo. */
  readonly comesBack?: boolean;
}

export interface Verdict {
  readonly ended: Ended;
  /** In sentences; empty when all is as it should be. */
  readonly faults: readonly string[];
  readonly notes: readonly string[];
  /** Quoted, qualified name → rows of v1's tables and materialized views before the move. */
  readonly rows: ReadonlyMap<string, number | undefined>;
}

interface Databases {
  readonly v1: { readonly superuser: Connection };
  readonly v2: { readonly superuser: Connection };
}

async function takeBoth(clients: Clients, { v1, v2 }: Databases): Promise<[Picture, Picture]> {
  return Promise.all([takePicture(clients, v1.superuser), takePicture(clients, v2.superuser)]);
}

const listMissing = (source: Picture, names: readonly string[]): string[] =>
  names.flatMap((name) => {
    const rows = source.contents.get(name)?.rows ?? 0;
    return rows > 0 || source.sequences.has(name) ? [] : [`v1 holds nothing in ${name}`];
  });

async function askQuestions(
  clients: Clients,
  { v1, v2 }: Databases,
  questions: readonly OwnQuestion[],
): Promise<string[]> {
  const ask = (side: "v1" | "v2", connection: Connection) =>
    readCopies(
      clients,
      connection,
      questions.map((question, at) => {
        const rows = side === "v1" ? question.v1 : (question.v2 ?? question.v1);
        const sql = `copy (select q.* from (${rows}) q order by q::text collate "C") to stdout`;
        return { name: String(at), sql };
      }),
    );
  const [wanted, found] = await Promise.all([ask("v1", v1.superuser), ask("v2", v2.superuser)]);
  return questions.flatMap((question, at) => {
    const [should, is] = [wanted.get(String(at)), found.get(String(at))];
    if (should?.rows === 0) return [`v1 has no answer to: ${question.v1}`];
    if (should?.sha256 === is?.sha256) return [];
    return [`v2 answers otherwise (${is?.rows} rows, not ${should?.rows}): ${question.v1}`];
  });
}

/** Runs a move and judges what became of both databases, by Postgres' own programs. */
export async function compareMove(
  clients: Clients,
  databases: Databases,
  expectations: MoveExpectations,
  work: () => Promise<Ended>,
): Promise<Verdict> {
  const { questions = [], mustHold = [], stays = [], judged = [] } = expectations;
  const [source, targetBefore] = await takeBoth(clients, databases);
  const ended = await work();
  const [sourceAfter, target] = await takeBoth(clients, databases);
  const always = [
    ...listMissing(source, mustHold),
    ...compareSame("v1 has changed", source, sourceAfter),
  ];
  const rows = new Map([...source.contents].map(([name, held]) => [name, held?.rows]));
  if (ended.code !== 0 || expectations.comesBack === true) {
    const changed = compareSame("v2 has changed", targetBefore, target);
    return { ended, rows, notes: [], faults: [...always, ...changed] };
  }
  const exceptions = { stays, judged: [...judged, ...questions.flatMap((each) => each.of)] };
  const pictures = { source, targetBefore, target };
  const { superuser } = databases.v1;
  const moved = await compareMoved(clients, superuser, pictures, exceptions);
  const answers = await askQuestions(clients, databases, questions);
  return { ended, rows, notes: moved.notes, faults: [...always, ...moved.faults, ...answers] };
}
