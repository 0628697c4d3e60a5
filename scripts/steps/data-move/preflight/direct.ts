import { passed, problem, type CheckResult } from "../../../engine/check.ts";
import type { StepContext } from "../../../engine/step.ts";
import type { Database } from "../../../postgres/database.ts";
import { describeEndpoint } from "../../../postgres/endpoint.ts";
import { findPooling } from "../../../postgres/session-probe.ts";
import { openSession, type SideName } from "./servers.ts";

const takeDirect =
  "Take the direct connection string (Neon: the host without -pooler; Supabase: db.<project>.supabase.co, port 5432).";

/** A URL that looks like a pooler's is refused before anything is asked. */
function judgeSigns(side: SideName, session: Pick<Database, "endpoint">): CheckResult[] {
  const { endpoint } = session;
  return endpoint.poolerSigns.length === 0
    ? []
    : [
        problem(`${side}'s URL is a connection pooler's: ${endpoint.poolerSigns.join(", ")}`, {
          where: describeEndpoint(endpoint),
          todo: takeDirect,
        }),
      ];
}

async function probe(
  context: StepContext,
  side: SideName,
  session: Database,
): Promise<CheckResult> {
  const other = await openSession(context, session.endpoint);
  try {
    const why = await findPooling(session, other);
    if (why === undefined)
      return passed(`${side} is reached directly: a session keeps its settings`);
    return problem(`${side} is reached through a connection pooler: ${why}`, {
      where: describeEndpoint(session.endpoint),
      todo: takeDirect,
    });
  } finally {
    await other.close();
  }
}

/** By the URL, and by what the server does: a pooler may have any name and port. */
export async function checkDirect(
  context: StepContext,
  side: SideName,
  session: Database,
): Promise<CheckResult[]> {
  const signs = judgeSigns(side, session);
  return signs.length > 0 ? signs : [await probe(context, side, session)];
}
