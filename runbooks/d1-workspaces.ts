import { defineRunbook } from "../scripts/engine/step.ts";
import { cleanUp } from "../scripts/steps/d1-workspaces/clean-up.ts";
import { cutoverParams } from "../scripts/steps/d1-workspaces/cutover-params.ts";
import { deployApi } from "../scripts/steps/d1-workspaces/deploy-api.ts";
import { deployWeb } from "../scripts/steps/d1-workspaces/deploy-web.ts";
import { exportV1 } from "../scripts/steps/d1-workspaces/export.ts";
import { transformFilter } from "../scripts/steps/d1-workspaces/filter-dump.ts";
import { importParts } from "../scripts/steps/d1-workspaces/import.ts";
import { internalTest } from "../scripts/steps/d1-workspaces/internal-test.ts";
import { keepV1 } from "../scripts/steps/d1-workspaces/keep-v1.ts";
import { lint } from "../scripts/steps/d1-workspaces/lint.ts";
import { d1WorkspacesParams } from "../scripts/steps/d1-workspaces/params.ts";
import { listTargetNames, pinIdentity } from "../scripts/steps/d1-workspaces/pinned-identity.ts";
import { preflight } from "../scripts/steps/d1-workspaces/preflight.ts";
import { rollback } from "../scripts/steps/d1-workspaces/rollback.ts";
import { listStatus } from "../scripts/steps/d1-workspaces/status.ts";
import { switchDns } from "../scripts/steps/d1-workspaces/switch-dns.ts";
import { lockTarget } from "../scripts/steps/d1-workspaces/target-lock.ts";
import { lookAtTarget } from "../scripts/steps/d1-workspaces/target-state.ts";
import { transform } from "../scripts/steps/d1-workspaces/transform.ts";
import { validate } from "../scripts/steps/d1-workspaces/validate.ts";

export default defineRunbook({
  name: "d1-workspaces",
  goal: "Moves a Cloudflare D1 product from v1's flat tables into v2's workspaces, and proves that every byte arrived.",
  environments: ["local", "remote"],
  confirmed: ["remote"],
  params: [...d1WorkspacesParams, ...cutoverParams],
  steps: [
    preflight,
    exportV1,
    lint,
    transform,
    importParts,
    validate,
    rollback,
    deployApi,
    deployWeb,
    internalTest,
    switchDns,
    keepV1,
    cleanUp,
  ],
  identity: pinIdentity,
  targetNames: listTargetNames,
  lock: lockTarget,
  lookAtTarget,
  status: listStatus,
  filter: transformFilter,
});
