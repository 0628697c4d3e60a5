import { describe, expect, it } from "vitest";
import { problem, type CheckSection } from "../../../scripts/engine/check.ts";
import {
  leaveOutTableLine,
  mapLine,
  orphansLine,
} from "../../../scripts/steps/d1-workspaces/decisions-lines.ts";
import { buildProposal } from "../../../scripts/steps/d1-workspaces/decisions-proposal.ts";
import { parseDecisions } from "../../../scripts/steps/d1-workspaces/decisions.ts";

const ask = (...lines: (readonly string[])[]): CheckSection[] => [
  { heading: "Decisions", results: lines.map((details) => problem("undecided", { details })) },
];

describe("the proposed decisions file", () => {
  it("is not written when nothing is to be decided", () => {
    expect(buildProposal([], { text: "" })).toBeUndefined();
    expect(buildProposal(ask(["no JSON here"]), { text: "" })).toBeUndefined();
  });

  it("holds what was decided, and all that is asked for", () => {
    const text = '{"leaveOut":{"tables":{"views":{"reason":"drawn anew"}}}}';
    const proposal = buildProposal(
      ask(
        ["a sentence", leaveOutTableLine("audit_log")],
        [mapLine("users", "role", ["viewer"], "<admin | editor>")],
      ),
      { text },
    );
    expect(JSON.parse(proposal ?? "")).toEqual({
      leaveOut: { tables: { views: { reason: "drawn anew" }, audit_log: { reason: "<why>" } } },
      map: { "users.role": { values: { viewer: "<admin | editor>" }, reason: "<why>" } },
    });
  });

  it("takes the first of several answers, and changes no decision", () => {
    const text = '{"orphans":{"records.table_id":{"setNull":true,"reason":"kept"}}}';
    const asked = ask(
      [orphansLine("records", "table_id", "leaveOut")],
      [orphansLine("fields", "table_id", "leaveOut"), orphansLine("fields", "table_id", "setNull")],
    );
    const proposal = JSON.parse(buildProposal(asked, { text }) ?? "") as {
      orphans: Record<string, unknown>;
    };
    expect(proposal.orphans["fields.table_id"]).toEqual({ leaveOut: true, reason: "<why>" });
    expect(proposal.orphans["records.table_id"]).toMatchObject({ setNull: true, reason: "kept" });
  });

  it("is refused as long as a reason is not filled in", () => {
    const proposal = buildProposal(ask([leaveOutTableLine("views")]), { text: "" }) ?? "";
    expect(() => parseDecisions(proposal, "d1-decisions.json")).toThrow(/cannot be used/);
    const filled = proposal.replace("<why>", "drawn anew");
    expect(parseDecisions(filled, "d1-decisions.json").leaveOut.tables).toHaveProperty("views");
  });
});
