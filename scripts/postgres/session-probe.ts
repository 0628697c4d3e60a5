import { randomUUID } from "node:crypto";
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

/** One round: what one transaction finds of a setting while a second session keeps another server process busy. */
async function probeOnce(session: ProbedSession, other: ProbedSession): Promise<readonly Answer[]> {
  const first = await askInTransaction(session);
  await other.query("begin");
  try {
    await other.query("select 1");
    return [first, await askInTransaction(session)];
  } finally {
    await other.query("rollback");
  }
}

/**
 * Finds out whether a session is one server process from end to end, or whether a pooler in between gives every
 * transaction another one. The second session takes the process away that a pooler would have handed out again.
 * @returns why it is not direct; undefined when every round found the same process and the setting
 */
export async function findPooling(
  session: ProbedSession,
  other: ProbedSession,
  rounds = 5,
): Promise<string | undefined> {
  const mark = randomUUID();
  await session.query(`set ${setting} = '${mark}'`);
  const answers: Answer[] = [];
  for (let round = 0; round < rounds; round += 1)
    answers.push(...(await probeOnce(session, other)));
  const processes = new Set(answers.map(({ pid }) => pid));
  if (processes.size > 1)
    return `${answers.length} transactions of one session were answered by ${processes.size} server processes`;
  const lost = answers.filter((answer) => answer.mark !== mark).length;
  return lost === 0
    ? undefined
    : `a session setting was gone in ${lost} of ${answers.length} transactions`;
}
