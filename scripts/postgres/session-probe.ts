import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Database } from "./database.ts";

/** A session, as far as the probe needs it. */
export type ProbedSession = Pick<Database, "query">;

const setting = "movebook.probe";

interface Answer {
  readonly pid: number;
  readonly mark: string | null;
}

async function askInTransaction(session: ProbedSession): Promise<Answer> {
  await session.query("begin");
  try {
    const [answer] = await session.query<Answer>(
      `select pg_catalog.pg_backend_pid() as pid, pg_catalog.current_setting('${setting}', true) as mark`,
    );
    if (answer === undefined) throw new Error("the server did not say which process answers");
    return answer;
  } finally {
    await session.query("rollback");
  }
}

/** How long and how often is asked. */
export interface ProbeLimits {
  readonly rounds: number;
  /** Milliseconds that a transaction may wait for its answer while another one is open. */
  readonly patience: number;
}

/** One round: what a transaction finds while a second session keeps another server process busy. */
async function probeOnce(
  session: ProbedSession,
  other: ProbedSession,
  patience: number,
): Promise<readonly Answer[] | "waits"> {
  const first = await askInTransaction(session);
  await other.query("begin");
  const second = askInTransaction(session);
  const ended = new AbortController();
  try {
    const answer = await Promise.race([
      second,
      wait(patience, undefined, { signal: ended.signal }).catch(() => undefined),
    ]);
    return answer === undefined ? "waits" : [first, answer];
  } finally {
    ended.abort();
    await other.query("rollback");
    await second.catch(() => undefined);
  }
}

/** A pooler's own refusal: a server does not break the protocol. */
const isPoolersWord = (error: unknown): error is Error =>
  error instanceof Error && (error as { code?: string }).code === "08P01";

/**
 * Finds out whether a session is one server process from end to end, or whether a pooler in between gives every
 * transaction another one. The second session takes the process away that a pooler would have handed out again.
 * @returns why it is not direct; undefined when every round found the same process and the setting
 */
export async function findPooling(
  session: ProbedSession,
  other: ProbedSession,
  { rounds, patience }: ProbeLimits = { rounds: 5, patience: 5_000 },
): Promise<string | undefined> {
  const mark = randomUUID();
  const answers: Answer[] = [];
  try {
    await session.query(`set ${setting} = '${mark}'`);
    for (let round = 0; round < rounds; round += 1) {
      const found = await probeOnce(session, other, patience);
      if (found === "waits") return "a transaction had to wait until that of another session ended";
      answers.push(...found);
    }
  } catch (error) {
    if (isPoolersWord(error)) return `it says "${error.message}"`;
    throw error;
  }
  return judgeAnswers(answers, mark);
}

function judgeAnswers(answers: readonly Answer[], mark: string): string | undefined {
  const processes = new Set(answers.map(({ pid }) => pid));
  if (processes.size > 1)
    return `${answers.length} transactions of one session were answered by ${processes.size} server processes`;
  const lost = answers.filter((answer) => answer.mark !== mark).length;
  return lost === 0
    ? undefined
    : `a session setting was gone in ${lost} of ${answers.length} transactions`;
}
