import { noted, passed, warned, type CheckResult, type CheckSection } from "../../engine/check.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import { describeAddress } from "../../cloudflare/database-address.ts";
import { readLedger, type LedgerState } from "../../cloudflare/import-ledger.ts";
import { sourceAddress, targetAddress } from "./addresses.ts";
import { withTarget } from "./databases.ts";

function describe(context: StepContext, ledger: LedgerState): CheckResult[] {
  if (ledger.kind === "none") return [passed("no ledger in v2: no import has begun")];
  const { run, holder, started, parts, expectedParts, piecesLeft } = ledger;
  const whole = parts.length === expectedParts;
  return [
    noted(`run ${run}${run === context.runId ? "" : " (not the newest run of this project)"}`),
    noted(`begun ${started} by ${holder}`),
    (whole ? passed : warned)(`${parts.length} of ${countOf(expectedParts, "part")} in v2`),
    ...(piecesLeft === 0
      ? []
      : [warned(`${countOf(piecesLeft, "piece")} of long values left behind`)]),
  ];
}

/** Both databases, and v2's ledger, asked from v2 itself; v1 is not needed. */
export async function listStatus(context: StepContext): Promise<readonly CheckSection[]> {
  const [source, target] = [sourceAddress(context), targetAddress(context)];
  const ledger = await readLedger(withTarget(context));
  return [
    {
      heading: "Databases:",
      results: [
        noted(`v1: ${describeAddress(source)}, ${source.id}`),
        noted(`v2: ${describeAddress(target)}, ${target.id}`),
      ],
    },
    { heading: "Ledger in v2:", results: describe(context, ledger) },
  ];
}
