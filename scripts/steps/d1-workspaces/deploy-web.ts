import { realWorld, type GateWorld } from "../../engine/gate.ts";
import type { Step } from "../../engine/step.ts";
import { defineDeployment } from "./cutover-deploy.ts";
import { apiHealthUrl, webConfig, webUrl } from "./cutover-params.ts";
import { hostOf, probeWeb } from "./cutover-probes.ts";

/** @param world the clock and the network; tests give their own */
export const makeDeployWeb = (world: GateWorld = realWorld): Step =>
  defineDeployment(
    {
      name: "deploy-web",
      does: "Deploys v2's web to its own subdomain, by wrangler or by a person, and asks whether it answers.",
      who: "v2's web",
      config: webConfig,
      checklist: (context) => [
        `Build v2's web against ${hostOf(context, apiHealthUrl, "v2's API")}.`,
        `Deploy it to ${hostOf(context, webUrl, "v2.<your domain>")}.`,
      ],
      probes: probeWeb,
    },
    world,
  );

export const deployWeb = makeDeployWeb();
