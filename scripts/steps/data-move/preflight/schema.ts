import { notTested } from "../../../postgres/forecast/ask-rules.ts";
import { noted, passed, problem, warned, type CheckResult } from "../../../engine/check.ts";
import { describePlace } from "../../../postgres/explain-failure.ts";
import { forecast, type Finding } from "../../../postgres/forecast.ts";
import { listForeignKeys } from "../../../postgres/foreign-keys.ts";
import { displayName } from "../../../postgres/identifier.ts";
import type { Scope } from "../scope.ts";
import { countOf } from "../../../engine/wording.ts";
import type { ScopedSides } from "./section.ts";

/** What moves, what stays and why, and what stands in the way. */
export function judgePlan({ plan }: Pick<Scope, "plan">): CheckResult[] {
  const problems = plan.problems.map(({ what, ...rest }) => problem(what, rest));
  const none =
    plan.moved.length === 0 && problems.length === 0 && plan.homeless.length === 0
      ? [
          problem("there is no table to move", {
            todo: "Look whether v1's URL names the right database.",
          }),
        ]
      : [];
  return [
    ...(plan.moved.length === 0 ? [] : [passed(`${countOf(plan.moved.length, "table")} to move`)]),
    ...none,
    ...problems,
    ...plan.leftOut.map(({ name, reason }) => noted(`left out: ${displayName(name)} (${reason})`)),
  ];
}

async function describeFinding(finding: Finding): Promise<CheckResult> {
  if (finding.severity === "note") return noted(finding.text);
  const facts = {
    where: describePlace(finding),
    details: finding.details,
    ...(finding.todo === undefined ? {} : { todo: finding.todo }),
  };
  if (finding.severity === "warning") return warned(finding.text, facts);
  const result = problem(finding.text, { ...facts, rows: await finding.sample() });
  // what v2's type cuts off may be cut off by decision; what it refuses cannot be loaded
  if (finding.kind !== "precision") return result;
  return {
    ...result,
    overridable: `rounding:${displayName(finding.table)}.${finding.columns.join()}`,
  };
}

/** v1's rows against v2's rules, before anything moves; the failing rows go into the report. */
export async function checkForecast({
  source,
  target,
  scope,
}: ScopedSides): Promise<CheckResult[]> {
  const findings = await forecast(source, {
    plan: scope.plan,
    source: scope.sourceCatalogue,
    target: scope.targetCatalogue,
    sourceForeignKeys: await listForeignKeys(source),
    targetForeignKeys: await listForeignKeys(target),
  });
  const results: CheckResult[] = [];
  for (const finding of findings) results.push(await describeFinding(finding));
  const isRefused = findings.some(({ severity }) => severity === "problem");
  if (isRefused) return results;
  const untested = findings.filter(({ text }) => text.startsWith(notTested)).length;
  const fits = "v1's rows fit v2's schema";
  const text =
    untested === 0 ? fits : `${fits}, as far as it could be tested (${untested} not tested)`;
  return [passed(text), ...results];
}
