import { noted, passed, problem, warned, type CheckResult } from "../../../engine/check.ts";
import type { Database } from "../../../postgres/database.ts";
import { describeEndpoint } from "../../../postgres/endpoint.ts";
import { displayName } from "../../../postgres/identifier.ts";
import type { Scope } from "../scope.ts";
import type { ServerFacts } from "./servers.ts";

/** What both servers said of themselves. */
export interface BothFacts {
  readonly source: ServerFacts;
  readonly target: ServerFacts;
}

/** v2 must take writes. */
export async function checkWritable(target: Database, facts: ServerFacts): Promise<CheckResult[]> {
  if (facts.standby)
    return [
      problem("v2 is a standby (a read replica): it takes no writes", {
        where: describeEndpoint(target.endpoint),
        todo: "Take the URL of the primary.",
      }),
    ];
  const settings = await target.ask<{ on: string }>("postgres/list-read-only-settings");
  return [
    passed("v2 takes writes"),
    ...settings.map((setting) =>
      noted(
        `default_transaction_read_only is on for v2's ${setting.on}: sessions of movebook that write set it off for themselves; look whether it was set for a reason (a full disk)`,
      ),
    ),
  ];
}

/** A dump reads for long: a standby may cancel it. */
export const judgeSourceStandby = (facts: ServerFacts): CheckResult[] =>
  facts.standby
    ? [
        warned("v1 is a standby: a long dump may be cancelled when its primary cleans up", {
          todo: "Set max_standby_streaming_delay = -1 there, or dump from a snapshot.",
        }),
      ]
    : [];

/** Text is moved as UTF-8; what does not fit in must be known before. */
export function judgeEncodings({ source, target }: BothFacts): CheckResult[] {
  const pair = `v1 ${source.encoding}, v2 ${target.encoding}`;
  if (source.encoding === "SQL_ASCII")
    return [
      warned(`v1's encoding is SQL_ASCII (${pair}): bytes in it may be of any encoding`, {
        todo: "They are taken for UTF-8: look at some texts in v2. Rows with bytes that are not are named below.",
      }),
    ];
  if (target.encoding === "SQL_ASCII")
    return [
      warned(`v2's encoding is SQL_ASCII (${pair}): it stores bytes without looking at them`, {
        todo: "Make v2 anew with the encoding UTF8.",
      }),
    ];
  if (source.encoding === target.encoding || target.encoding === "UTF8")
    return [passed(`encodings: ${pair}`)];
  return [
    warned(`v2's encoding cannot hold all characters (${pair})`, {
      todo: "Make v2 anew with the encoding UTF8; rows of v1 with other characters are named below.",
    }),
  ];
}

/** money is a number whose meaning is the locale's: how many digits are behind the point. */
export function judgeMoney({ plan }: Pick<Scope, "plan">): CheckResult[] {
  const columns = plan.moved.flatMap(({ name, columns: moved }) =>
    moved
      .filter(({ source, target }) => /^money\b/.test(source.type) || /^money\b/.test(target.type))
      .map((column) => `${displayName(name)}.${column.name}`),
  );
  if (columns.length === 0) return [];
  return [
    warned(`columns of type money are moved under lc_monetary = C: ${columns.join(", ")}`, {
      todo: "Look that both servers have the same lc_monetary: its number of decimals gives the values their meaning.",
    }),
  ];
}

interface Extension {
  readonly name: string;
  readonly version: string;
}

/** Extensions of v1 that v2 lacks. */
export async function checkExtensions(source: Database, target: Database): Promise<CheckResult[]> {
  const inTarget = new Set(
    (await target.ask<Extension>("postgres/list-extensions")).map(({ name }) => name),
  );
  const missing = (await source.ask<Extension>("postgres/list-extensions")).filter(
    ({ name }) => !inTarget.has(name),
  );
  if (missing.length === 0) return [passed("v2 has every extension of v1")];
  return missing.map(({ name, version }) =>
    warned(`v1 has the extension ${name} (${version}), v2 lacks it`, {
      todo: `If v2 needs it: create extension "${name}".`,
    }),
  );
}
