import type { Param } from "../../engine/param.ts";
import type { Probe, ProbeTiming } from "../../engine/probe.ts";
import type { StepContext } from "../../engine/step.ts";
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

type Reading = Pick<StepContext, "optionalSetting">;

/** A new deployment needs some seconds until it answers everywhere. */
export const deployTiming: Partial<ProbeTiming> = { deadline: 60_000, pause: 5_000 };

/** A change of DNS needs its time to live; a resume asks once more. */
export const dnsTiming: Partial<ProbeTiming> = { deadline: 120_000, pause: 10_000 };

function build(
  context: Reading,
  title: string,
  url: Param<string>,
  marks: { readonly with?: Param<string>; readonly without?: Param<string> } = {},
): Probe[] {
  const address = context.optionalSetting(url);
  if (address === undefined) return [];
  const text = marks.with && context.optionalSetting(marks.with);
  const withoutText = marks.without && context.optionalSetting(marks.without);
  return [
    {
      title,
      url: address,
      ...(text === undefined ? {} : { text }),
      ...(withoutText === undefined ? {} : { withoutText }),
    },
  ];
}

/** v2's API on its own subdomain. */
export const probeApi = (context: Reading): Probe[] =>
  build(context, "v2's API", apiHealthUrl, { with: apiMark });

/** v2's web on its own subdomain. */
export const probeWeb = (context: Reading): Probe[] =>
  build(context, "v2's web", webUrl, { with: webMark });

/** v2 on its own subdomains. */
export const probeTarget = (context: Reading): Probe[] => [
  ...probeApi(context),
  ...probeWeb(context),
];

/** v1 at the addresses that stay its own: the way back. */
export const probeSource = (context: Reading): Probe[] => [
  ...build(context, "v1's API", sourceApiHealthUrl, { without: apiMark }),
  ...build(context, "v1's web", sourceWebUrl, { without: webMark }),
];

/** The addresses that everybody knows, which v2 must answer now. */
export const probePublicTarget = (context: Reading): Probe[] => [
  ...build(context, "the public API (v2)", publicApiHealthUrl, { with: apiMark }),
  ...build(context, "the public web (v2)", publicWebUrl, { with: webMark }),
];

/** The same, answered by v1 again. */
export const probePublicSource = (context: Reading): Probe[] => [
  ...build(context, "the public API (v1)", publicApiHealthUrl, { without: apiMark }),
  ...build(context, "the public web (v1)", publicWebUrl, { without: webMark }),
];

/** The host of an address in the settings, to name it in a checklist. */
export function hostOf(context: Reading, url: Param<string>, otherwise: string): string {
  const address = context.optionalSetting(url);
  return address === undefined ? otherwise : new URL(address).host;
}
