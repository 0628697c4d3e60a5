import { describe, expect, it } from "vitest";
import { Failure } from "../../../scripts/engine/failure.ts";
import { noDecisions, parseDecisions } from "../../../scripts/steps/d1-workspaces/decisions.ts";
import { move, plainV1 } from "./made-move.ts";

function problemsOf(decisions: unknown): string[] {
  try {
    parseDecisions(
      typeof decisions === "string" ? decisions : JSON.stringify(decisions),
      "d1-decisions.json",
    );
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== 2) throw error;
    return error.problems.map(({ what, where, todo }) =>
      [where, what, todo].filter(Boolean).join(": "),
    );
  }
  return [];
}

describe("the decisions file", () => {
  it("may be empty", () => {
    expect(parseDecisions("{}", "x")).toEqual(noDecisions);
  });

  it("is told when it is no JSON", () => {
    expect(problemsOf("{")[0]).toContain("JSON");
  });

  it("refuses unknown keys with the nearest name", () => {
    expect(problemsOf({ leaveout: {} })).toEqual([
      'd1-decisions.json: "leaveout" is not known here: Write "leaveOut".',
    ]);
    expect(
      problemsOf({ map: { "users.role": { value: { a: "b" }, reasn: "x", reason: "y" } } })[0],
    ).toContain("is not known here");
  });

  it("wants a reason everywhere, and not the placeholder that we print", () => {
    expect(problemsOf({ leaveOut: { tables: { views: {} } } })).toHaveLength(1);
    expect(problemsOf({ leaveOut: { tables: { views: { reason: "  " } } } })).toEqual([
      "d1-decisions.json › leaveOut › tables › views › reason: needs a reason",
    ]);
    expect(problemsOf({ leaveOut: { tables: { views: { reason: "<why>" } } } })[0]).toContain(
      "a reason of its own",
    );
    expect(problemsOf({ fill: { "tables.icon": { value: "<value>", reason: "r" } } })[0]).toContain(
      "in place of <…>",
    );
  });

  it("wants one way for each entry, and columns as table.column", () => {
    expect(problemsOf({ fill: { "tables.icon": { reason: "r" } } })[0]).toContain(
      'needs "value" or "column"',
    );
    expect(
      problemsOf({ fill: { "tables.icon": { value: "a", column: "b", reason: "r" } } })[0],
    ).toContain("one of them");
    expect(problemsOf({ orphans: { "records.table_id": { reason: "r" } } })[0]).toContain(
      '"leaveOut": true or "setNull": true',
    );
    expect(problemsOf({ map: { role: { values: { a: "b" }, reason: "r" } } })).toHaveLength(1);
    expect(problemsOf({ map: { "users.role": { reason: "r" } } })[0]).toContain(
      'needs "values" or "refused"',
    );
  });

  it("tells all mistakes at once", () => {
    expect(
      problemsOf({ a: 1, leaveOut: { tables: { x: {} } }, fill: { y: { value: 1, reason: "" } } })
        .length,
    ).toBeGreaterThan(2);
  });
});

describe("decisions that match nothing", () => {
  it("are warned of, with the name that was probably meant", async () => {
    const { warnings, told } = await move(plainV1, {
      leaveOut: { tables: { veiws: { reason: "r" } }, columns: { "users.emial": { reason: "r" } } },
      fill: { "tables.icon": { value: "i", reason: "r" } },
      orphans: { "records.table_id": { leaveOut: true, reason: "r" } },
    });
    expect(told).toEqual([]);
    expect(warnings.map(({ what, todo }) => `${what}: ${todo}`)).toEqual([
      "the decision leaveOut.tables › veiws matches nothing: Take it out of the file.",
      "the decision leaveOut.columns › users.emial matches nothing: Is users.email meant?",
      "the decision fill › tables.icon matches nothing: Take it out of the file.",
      "the decision orphans › records.table_id matches nothing: Take it out of the file.",
    ]);
  });
});
