import { noted, passed, problem, type CheckResult } from "../../../engine/check.ts";
import type { Database } from "../../../postgres/database.ts";
import { describeEndpoint } from "../../../postgres/endpoint.ts";
import {
  watchOtherClients,
  type OtherActivity,
  type OtherClient,
} from "../../../postgres/other-clients.ts";
import { countOf } from "../../../engine/wording.ts";

/** The name with which an operator overrides what was seen. */
export const snapshotOverride = "source-is-snapshot";

/** `2 × node (app_user)`, the same clients together. */
export function groupClients(clients: readonly OtherClient[]): string[] {
  const counts = new Map<string, number>();
  for (const { application, role } of clients) {
    const name = `${application} (${role})`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`));
}

function listSigns({ clients, writtenRows, writingTransactions }: OtherActivity): string[] {
  const writing = clients.filter((client) => client.writing);
  return [
    ...(writing.length === 0
      ? []
      : [`transactions that write: ${groupClients(writing).join(", ")}`]),
    ...(writtenRows === 0n ? [] : [`${countOf(writtenRows, "row")} written to tables`]),
    ...(writingTransactions === undefined || writingTransactions === 0n
      ? []
      : [countOf(writingTransactions, "writing transaction")]),
  ];
}

/** Judges what was seen of other clients; a branch's or host's name says nothing. */
export function judgeActivity(activity: OtherActivity, where: string): CheckResult[] {
  const { clients, milliseconds } = activity;
  if (clients.length === 0) return [passed("v1 is quiet: no other client is connected")];
  const names = groupClients(clients).join(", ");
  const while_ = `within ${(milliseconds / 1_000).toFixed(1)} s`;
  const signs = listSigns(activity);
  if (signs.length === 0)
    return [
      passed(`v1 is quiet: nobody wrote ${while_}`),
      noted(
        `${countOf(clients.length, "other client")} connected to v1 and idle or reading: ${names}`,
      ),
    ];
  return [
    {
      ...problem("v1 is being written to: it looks like the live database, not like a snapshot", {
        where,
        details: [...signs.map((sign) => `${sign} ${while_}`), `connected: ${names}`],
        todo: "Take a snapshot (a branch, a restored backup) and point v1's URL to it.",
      }),
      overridable: snapshotOverride,
    },
  ];
}

/** v1 must be a snapshot: rows that are written during the move would be lost. */
export const checkSnapshot = async (source: Database): Promise<CheckResult[]> =>
  judgeActivity(await watchOtherClients(source), describeEndpoint(source.endpoint));
