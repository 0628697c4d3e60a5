import { defineRunbook } from "../scripts/engine/step.ts";
import { dropForeignKeys } from "../scripts/steps/data-move/drop-foreign-keys.ts";
import { dump } from "../scripts/steps/data-move/dump.ts";
import { importData } from "../scripts/steps/data-move/import.ts";
import { dataMoveParams } from "../scripts/steps/data-move/params.ts";
import { pinIdentity, listTargetNames } from "../scripts/steps/data-move/pinned-identity.ts";
import { postimport } from "../scripts/steps/data-move/postimport.ts";
import { preflight } from "../scripts/steps/data-move/preflight.ts";
import { recallRun } from "../scripts/steps/data-move/recalled-run.ts";
import { rollbackPoint } from "../scripts/steps/data-move/rollback-point.ts";
import { rollbackPoints } from "../scripts/steps/data-move/rollback-points.ts";
import { restoreForeignKeys } from "../scripts/steps/data-move/restore-foreign-keys.ts";
import { listStatus } from "../scripts/steps/data-move/status.ts";
import { lockTarget } from "../scripts/steps/data-move/target-lock.ts";
import { lookAtTarget } from "../scripts/steps/data-move/target-state.ts";
import { validate } from "../scripts/steps/data-move/validate.ts";

export default defineRunbook({
  name: "data-move",
  goal: "Moves the rows of a v1 Postgres snapshot into an authoritative v2 schema, and proves that they arrived.",
  environments: ["dev", "prod"],
  confirmed: ["prod"],
  params: dataMoveParams,
  steps: [
    preflight,
    dump,
    rollbackPoint,
    dropForeignKeys,
    importData,
    restoreForeignKeys,
    postimport,
    validate,
  ],
  identity: pinIdentity,
  targetNames: listTargetNames,
  lock: lockTarget,
  lookAtTarget,
  recallRun,
  rollbackPoints,
  status: listStatus,
});
