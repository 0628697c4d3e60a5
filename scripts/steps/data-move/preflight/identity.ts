import { noted, passed, problem, type CheckResult } from "../../../engine/check.ts";
import { describeEndpoint } from "../../../postgres/endpoint.ts";
import { readKinship, type Kinship, type KinshipFacts } from "../../../postgres/identity.ts";
import type { Sides } from "./section.ts";

/** What is known, in words; identifiers are no secrets. */
function listFacts({ source, target, seen }: KinshipFacts): string[] {
  const describe = (of: KinshipFacts["source"]): string =>
    [
      `system ${of.systemIdentifier ?? "not known"}`,
      `database ${of.database} (oid ${of.databaseOid})`,
      ...(of.neonTimeline === null ? [] : [`Neon timeline ${of.neonTimeline}`]),
      ...(of.standby ? ["standby"] : []),
    ].join(", ");
  return [
    `v1: ${describe(source)}`,
    `v2: ${describe(target)}`,
    seen === undefined
      ? "a lock taken on v2 is not seen from v1"
      : "a lock taken on v2 is seen from v1",
  ];
}

const sayings: Readonly<Record<Kinship, { readonly wrong?: string; readonly note?: string }>> = {
  "same-database": { wrong: "v1 and v2 are the same database" },
  standby: { wrong: "v1 and v2 are one database: one of them is a standby of the other" },
  "same-server": { note: "both are on the same server" },
  copy: {
    note: "one is a copy or branch of the other, or both are of a third: their identifiers are equal",
  },
  unrelated: {},
};

/** The words for each kinship. */
export function describeKinship(
  kinship: Kinship,
  facts: KinshipFacts,
  where: string,
): CheckResult[] {
  const { wrong, note } = sayings[kinship];
  const todo = "Point one of the two URLs to the database that is meant.";
  if (wrong !== undefined) return [problem(wrong, { where, details: listFacts(facts), todo })];
  const good = passed("v1 and v2 are different databases");
  return note === undefined ? [good] : [good, noted(note)];
}

/** Source and target must be two databases, judged by what they are and not by how they are spelled. */
export async function checkIdentity({ context, source, target }: Sides): Promise<CheckResult[]> {
  const { kinship, ...facts } = await readKinship(source, target);
  const describe = (of: KinshipFacts["source"]): Record<string, unknown> => ({
    systemIdentifier: of.systemIdentifier ?? null,
    database: of.database,
    databaseOid: of.databaseOid,
    neonTimeline: of.neonTimeline,
  });
  context.remember("identity", { source: describe(facts.source), target: describe(facts.target) });
  const where = `v1 ${describeEndpoint(source.endpoint)}, v2 ${describeEndpoint(target.endpoint)}`;
  return describeKinship(kinship, facts, where);
}
