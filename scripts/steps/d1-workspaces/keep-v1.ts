import { failed, waiting } from "../../engine/failure.ts";
import {
  defineGate,
  realWorld,
  recallAnswer,
  verifyProbes,
  type GateWorld,
} from "../../engine/gate.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import { keepDays, usualDaysOfV1 } from "./cutover-params.ts";
import { probeSource } from "./cutover-probes.ts";

/** `--override v1-days=<reason>` ends the waiting. */
const override = "v1-days";
const day = 24 * 60 * 60 * 1_000;

/** The first moment without v1. @throws Failure when nobody has switched in this run */
function findEnd(context: StepContext): { readonly switched: string; readonly end: Date } {
  const answer = recallAnswer(context, "switch-dns");
  if (answer === undefined) throw failed("the day of the switch is not in the journal");
  const days = Number(context.optionalSetting(keepDays) ?? usualDaysOfV1);
  return { switched: answer.at, end: new Date(Date.parse(answer.at) + days * day) };
}

const showDay = (date: Date): string => `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;

async function check(context: StepContext, world: GateWorld): Promise<void> {
  const { switched, end } = findEnd(context);
  const left = end.getTime() - world.now().getTime();
  if (left <= 0) return;
  await verifyProbes(context, world, probeSource(context), {}, (problems) =>
    failed("v1 does not answer, and until then it is the way back", problems),
  );
  const reason = context.options.overrides[override];
  if (reason !== undefined) {
    context.screen.warning(`v1 is given up before ${showDay(end)}: ${reason}`);
    context.remember("v1-given-up", { reason, before: end.toISOString() });
    return;
  }
  throw waiting(
    `v1 is kept until ${showDay(end)}: ${countOf(Math.ceil(left / day), "day")} more`,
    [
      {
        what: `DNS was switched on ${showDay(new Date(switched))}; until then v1 is the way back`,
        details: [`the way back: ${context.commandLine("undo")} --until switch-dns`],
        todo: `Call again after that day. Or give v1 up knowingly: --override ${override}="<reason>".`,
      },
    ],
    context.commandLine("resume"),
  );
}

/** @param world the clock and the network; tests give their own */
export const makeKeepV1 = (world: GateWorld = realWorld): Step =>
  defineGate(
    {
      name: "keep-v1",
      does: "Keeps v1 as the way back for 30 days from the switch of DNS, and asks whether it still answers.",
      environments: ["remote"],
      changes: "nothing",
      needs: ["switch-dns"],
      check,
      checklist: () => [],
    },
    world,
  );

export const keepV1 = makeKeepV1();
