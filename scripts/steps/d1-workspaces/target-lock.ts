import { operatorName } from "../../engine/operator.ts";
import type { HeldLock, StepContext } from "../../engine/step.ts";
import { targetAddress } from "./addresses.ts";
import { lockFileOf, takeLockFile } from "./lock-file.ts";

/**
 * Keeps a second movebook of this machine away from v2, as long as this one lives. Operators on other machines are kept
 * away by the ledger: v2 has one, and it names its run and its holder.
 * @throws Failure (exit 3) that names the holder and since when
 */
export const lockTarget = async (context: StepContext): Promise<HeldLock> =>
  takeLockFile(lockFileOf(targetAddress(context)), {
    pid: process.pid,
    run: context.runId,
    operator: operatorName(),
    project: context.projectFolder,
    since: new Date().toISOString(),
  });
