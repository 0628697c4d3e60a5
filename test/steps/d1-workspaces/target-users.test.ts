import { describe, expect, it } from "vitest";
import { Failure } from "../../../scripts/engine/failure.ts";
import { fingerprintFormat } from "../../../scripts/cloudflare/fingerprint.ts";
import { remembered } from "../../../scripts/steps/d1-workspaces/remembered.ts";
import type { Sides } from "../../../scripts/steps/d1-workspaces/sides.ts";
import { checkSourceChanges } from "../../../scripts/steps/d1-workspaces/source-fingerprint.ts";
import { verifyNobodyAtTarget } from "../../../scripts/steps/d1-workspaces/target-users.ts";
import { findSource } from "../../../scripts/steps/d1-workspaces/validate-source.ts";
import { makeStepContext } from "../../db/step-context.ts";

const answer = {
  at: "2026-11-21T12:00:00.000Z",
  by: "Ann Smith",
  operator: "ann@laptop",
  how: "asked",
};

describe("an import under users", () => {
  it("may be taken back as long as nobody was sent to v2", () => {
    const { context } = makeStepContext({});
    expect(() => verifyNobodyAtTarget(context)).not.toThrow();
    context.remember("switch-dns-answer", answer);
    context.remember("switch-dns-answer", null);
    expect(() => verifyNobodyAtTarget(context)).not.toThrow();
  });

  it.each([
    ["an answer", "switch-dns-answer", answer, "on 2026-11-21T12:00:00.000Z by Ann Smith"],
    ["a question that is asked anew", "switch-dns-passed", true, "in this run"],
  ])("is kept after %s, and the way back is named first", (_, key, value, when) => {
    const { context } = makeStepContext({});
    context.remember(key, value);
    let thrown: unknown;
    try {
      verifyNobodyAtTarget(context);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Failure);
    expect(thrown).toMatchObject({ exitCode: 3 });
    expect((thrown as Failure).message).toContain(`users were sent to v2 ${when}`);
    expect((thrown as Failure).next).toBe(
      "npx movebook undo data-move --env dev --until switch-dns",
    );
    expect((thrown as Failure).problems[0]?.todo).toContain('--override v2-live="<reason>"');
  });

  it("goes with a reason only, and the reason is written down", () => {
    const { context, facts, printed } = makeStepContext(
      {},
      { overrides: { "v2-live": "nobody came", "v2-rows": "no" } },
    );
    context.remember("switch-dns-answer", answer);
    verifyNobodyAtTarget(context);
    expect(printed()).toContain("overridden: nobody came");
    expect(facts.get("v2-live-given-up")).toMatchObject({ reason: "nobody came" });
    const { context: other } = makeStepContext({}, { overrides: { "v2-rows": "no" } });
    other.remember("switch-dns-answer", answer);
    expect(() => verifyNobodyAtTarget(other)).toThrow("users were sent to v2");
  });
});

describe("a fingerprint of another version", () => {
  const makeSides = (quick: boolean): Sides => {
    const { context } = makeStepContext({}, { quick });
    const fingerprint = { format: fingerprintFormat + 1, tables: {}, schema: "", sequences: "" };
    context.remember(remembered.sourceFingerprint, fingerprint);
    return { context } as unknown as Sides;
  };

  it("says nothing in a full validation: the rows decide", async () => {
    const [section] = await findSource(makeSides(false));
    expect(section?.findings).toEqual([
      { outcome: "noted", label: expect.stringContaining("cannot be compared: the rows") },
    ]);
  });

  it("leaves the quick one without proof", async () => {
    const [section] = await findSource(makeSides(true));
    expect(section?.findings[0]?.outcome).toBe("not-run");
    expect(section?.findings[0]?.problem?.todo).toContain("without --quick");
  });

  it("is a warning before DNS is switched, never a change", async () => {
    const [check] = await checkSourceChanges(makeSides(false).context);
    expect(check?.outcome).toBe("warned");
    expect(check?.text).not.toContain("written to");
  });
});
