import { join } from "node:path";
import type { StepContext } from "../../engine/step.ts";
import type { ForeignKey } from "../../postgres/catalogue.ts";
import { listCheckFiles, type CheckFile } from "../../postgres/check-file.ts";
import { runCheck } from "../../postgres/checks.ts";
import type { Database } from "../../postgres/database.ts";
import { listForeignKeys, referencingTable } from "../../postgres/foreign-keys.ts";
import { displayName } from "../../postgres/identifier.ts";
import { countOrphans, sampleOrphans } from "../../postgres/orphans.ts";
import { sqlFolder } from "../../engine/sql-file.ts";
import {
  differing,
  notRunning,
  noting,
  passing,
  warning,
  type Finding,
  type FindingSection,
} from "../../engine/findings.ts";
import { explainNotRun } from "./findings.ts";
import { mapInLanes, type Lanes } from "./lanes.ts";
import { countOf } from "../../engine/wording.ts";

const sampledRows = 10;

/** `WaitlistEntry.clientPartyId`, `Animal.(organizationId, tenantId)`. */
function describeKey(key: ForeignKey): string {
  const [only, ...more] = key.columns;
  const columns = more.length === 0 ? only : `(${key.columns.join(", ")})`;
  return `${displayName(referencingTable(key))}.${columns}`;
}

/** Orphans for every foreign key of v2, one section for each table that is referenced. */
export async function findOrphans(context: StepContext, lanes: Lanes): Promise<FindingSection[]> {
  const keys = (await listForeignKeys(lanes[0].target)).filter((key) => key.extension === null);
  const findings = await mapInLanes(
    context,
    lanes,
    keys,
    (key, { target }) => findOrphansOf(key, target),
    (done) =>
      context.screen.progress(`looking for orphans: ${done} of ${keys.length} foreign keys`),
  );
  const referenced = keys.map((key) => displayName(key.references));
  return [...new Set(referenced)].toSorted().map((table) => ({
    heading: `ORPHAN CHECKS (${table} FK Integrity):`,
    findings: findings.filter((_, index) => referenced[index] === table),
  }));
}

async function findOrphansOf(key: ForeignKey, target: Database): Promise<Finding> {
  const label = describeKey(key);
  if (!key.owned) return noting(label, "not ours");
  try {
    const orphans = await countOrphans(target, key);
    if (orphans === 0n) return passing(label, "0");
    const count = orphans.toLocaleString("en-US");
    if (!key.validated) return warning(label, `${count} (NOT VALID in v2)`);
    return differing(label, count, {
      what: `${countOf(orphans, "row")} of ${label} point to no row of ${displayName(key.references)}`,
      where: `constraint ${key.name} on ${displayName(referencingTable(key))}`,
      rows: await sampleOrphans(target, key, sampledRows),
    });
  } catch (error) {
    return explainNotRun(label, error);
  }
}

/** The package's check files and the operator's own. */
export const listChecks = (context: StepContext): CheckFile[] =>
  listCheckFiles([
    sqlFolder("data-move/checks"),
    join(context.projectFolder, "sql", "data-move", "checks"),
  ]);

/** The answers of all check files. */
export async function findCheckViolations(
  context: StepContext,
  lanes: Lanes,
): Promise<FindingSection> {
  const checks = listChecks(context);
  const findings = await mapInLanes(
    context,
    lanes,
    checks,
    (check, { target }) => findViolations(check, target),
    (done) => context.screen.progress(`running check files: ${done} of ${checks.length}`),
  );
  return { heading: "CHECKS:", findings: gatherInapplicable(findings) };
}

/** Checks of tables that v2 does not have (the example set, in most databases) take one line together. */
function gatherInapplicable(findings: readonly (Finding | string)[]): Finding[] {
  const reasons = findings.filter((finding) => typeof finding === "string");
  const rest = findings.filter((finding) => typeof finding !== "string");
  if (reasons.length === 0) return rest;
  const which = [...new Set(reasons)].join(", ").replaceAll(", v2 has no ", ", ");
  return [...rest, noting(`${countOf(reasons.length, "check")} not applicable: ${which}`)];
}

/** The finding, or the reason why the check is not applicable. */
async function findViolations(check: CheckFile, target: Database): Promise<Finding | string> {
  const outcome = await runCheck(target, check);
  if (outcome.outcome === "not-applicable") return outcome.reason;
  if (outcome.outcome === "not-run") return notRunning(check.question, outcome.problem);
  if (outcome.violations === 0) return passing(check.question, "0");
  const count = `${outcome.more ? "more than " : ""}${outcome.violations.toLocaleString("en-US")}`;
  return differing(check.question, count, {
    what: `check ${check.name} finds ${count} ${outcome.violations === 1 ? "row" : "rows"}: ${check.question}`,
    where: check.file,
    rows: outcome.rows,
  });
}
