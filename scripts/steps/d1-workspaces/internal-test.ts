import { defineGate, realWorld, type GateWorld } from "../../engine/gate.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { webUrl } from "./cutover-params.ts";
import { hostOf, probeTarget } from "./cutover-probes.ts";

/** What v2 does otherwise than v1, as things to try. */
const listTests = (context: StepContext): readonly string[] => [
  `Open ${hostOf(context, webUrl, "v2's subdomain")} in a browser that is signed in at v1: it must ask you to sign in (sessions are not migrated).`,
  "Sign in with a v1 account: the old password works.",
  "The session is an HttpOnly cookie; localStorage holds no token.",
  'The user sees a workspace "Default", in it a base with all tables, fields and records of v1; compare one table with v1.',
  "Open a record with long text and line breaks: it looks as in v1.",
  "Roles: an owner invites; an editor changes records; a viewer changes nothing; who was an admin in v1 sees only own workspaces.",
  "A second user sees nothing of the first one's workspaces.",
  "The API answers under the same prefix, /api/; clients that send v1's token are refused.",
  "Reload a page deep in the app, and open it by its link: server and browser show the same.",
  "Add a record in v2, change it, delete it: v1 does not have it.",
];

/** @param world the clock and the network; tests give their own */
export const makeInternalTest = (world: GateWorld = realWorld): Step =>
  defineGate(
    {
      name: "internal-test",
      does: "Lets a person try v2 on its own subdomain: what differs from v1, point by point.",
      environments: ["remote"],
      needs: ["validate", "deploy-api", "deploy-web"],
      probesBefore: probeTarget,
      checklist: listTests,
      question: "Does v2 pass the internal test?",
      goBack: {
        checklist: () => ["Nothing was changed by the test itself: the answer is forgotten."],
      },
    },
    world,
  );

export const internalTest = makeInternalTest();
