import { noted, warned, type CheckResult } from "../../engine/check.ts";
import { defineGate, realWorld, recallAnswer, type GateWorld } from "../../engine/gate.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import {
  apiHealthUrl,
  apiMark,
  publicApiHealthUrl,
  publicWebUrl,
  sourceApiHealthUrl,
  sourceWebUrl,
  webMark,
  webUrl,
} from "./cutover-params.ts";
import {
  dnsTiming,
  hostOf,
  probePublicSource,
  probePublicTarget,
  probeSource,
  probeTarget,
} from "./cutover-probes.ts";
import { checkSourceChanges } from "./source-fingerprint.ts";

/** Says whether v1's data has changed since the export. Asks v1; `warned` when it has. */
export type ListSourceChanges = (context: StepContext) => Promise<readonly CheckResult[]>;

/** What cannot be proved with the settings as they are. */
function listGaps(context: StepContext): CheckResult[] {
  const lacks = (...params: readonly (typeof webMark)[]): boolean =>
    params.every((param) => context.optionalSetting(param) === undefined);
  return [
    ...(lacks(sourceWebUrl, sourceApiHealthUrl)
      ? [
          warned("nobody looks whether v1 stays reachable", {
            todo: "Set V1_WEB_URL and V1_API_HEALTH_URL: v1 must keep an address of its own, it is the way back.",
          }),
        ]
      : []),
    ...(lacks(publicWebUrl, publicApiHealthUrl)
      ? [
          warned("nobody looks who answers after the switch", {
            todo: "Set PUBLIC_WEB_URL and PUBLIC_API_HEALTH_URL.",
          }),
        ]
      : []),
    ...(lacks(webMark, apiMark)
      ? [
          warned("v1 and v2 cannot be told apart", {
            todo: "Set V2_WEB_MARK and V2_API_MARK: texts that only v2 answers with.",
          }),
        ]
      : []),
  ];
}

async function check(context: StepContext, listChanges: ListSourceChanges): Promise<void> {
  if (recallAnswer(context, "switch-dns") !== undefined) return;
  const results = [...(await listChanges(context)), ...listGaps(context)];
  context.refuseOnProblems("DNS must not be switched", [
    {
      heading: "Before the switch:",
      results: results.length > 0 ? results : [noted("nothing to remark")],
    },
  ]);
}

const listDeeds = (context: StepContext): readonly string[] => [
  "Stop writes to v1, or be sure that nobody writes: what v1 gets after the export is not in v2.",
  `v1 keeps an address of its own for the way back: ${hostOf(context, sourceWebUrl, "v1.<your domain>")}, ${hostOf(context, sourceApiHealthUrl, "its API too")}.`,
  "Note the present DNS records and routes: they are the way back.",
  `${hostOf(context, publicWebUrl, "your domain")} → v2's web (${hostOf(context, webUrl, "v2.<your domain>")}).`,
  `${hostOf(context, publicApiHealthUrl, "api.<your domain>")} → v2's API worker (${hostOf(context, apiHealthUrl, "api-v2.<your domain>")}).`,
  "Allow the public addresses in v2's CORS and cookie settings.",
];

const listReversals = (context: StepContext): readonly string[] => [
  `${hostOf(context, publicWebUrl, "your domain")} → v1's web again.`,
  `${hostOf(context, publicApiHealthUrl, "api.<your domain>")} → v1's API worker again.`,
  "v1 and its database were not changed. What users wrote into v2 since the switch stays in v2: export it before v2 is emptied.",
];

/**
 * @param world the clock and the network; tests give their own
 * @param listChanges whether v1's data has changed since the export
 */
export const makeSwitchDns = (
  world: GateWorld = realWorld,
  listChanges: ListSourceChanges = checkSourceChanges,
): Step =>
  defineGate(
    {
      name: "switch-dns",
      does: "Sends users to v2: a person changes DNS, and the public addresses are asked until v2 answers them.",
      environments: ["remote"],
      needs: ["validate", "internal-test"],
      check: (context) => check(context, listChanges),
      probesBefore: (context) => [...probeSource(context), ...probeTarget(context)],
      checklist: listDeeds,
      question: "Do the public addresses lead to v2 now?",
      probes: probePublicTarget,
      timing: dnsTiming,
      goBack: {
        checklist: listReversals,
        question: "Do the public addresses lead to v1 again?",
        probes: probePublicSource,
      },
    },
    world,
  );

export const switchDns = makeSwitchDns();
