import { realWorld, type GateWorld } from "../../engine/gate.ts";
import type { Step } from "../../engine/step.ts";
import { defineDeployment } from "./cutover-deploy.ts";
import { apiConfig, apiHealthUrl } from "./cutover-params.ts";
import { hostOf, probeApi } from "./cutover-probes.ts";

/** @param world the clock and the network; tests give their own */
export const makeDeployApi = (world: GateWorld = realWorld): Step =>
  defineDeployment(
    {
      name: "deploy-api",
      does: "Deploys v2's API worker to its own subdomain, by wrangler or by a person, and asks its health address.",
      who: "v2's API",
      config: apiConfig,
      checklist: (context) => [
        "Bind v2's D1 database in the worker's configuration, not v1's.",
        `Deploy v2's API worker to ${hostOf(context, apiHealthUrl, "api-v2.<your domain>")}: wrangler deploy.`,
        "Set its secrets: wrangler secret put.",
      ],
      probes: probeApi,
    },
    world,
  );

export const deployApi = makeDeployApi();
