import type { Param } from "../../engine/param.ts";
import { parseProbeUrl } from "../../engine/probe.ts";

const inRemote = (variable: string): Param<unknown>["places"] => ({
  remote: { variable, file: ".env.d1.remote" },
});

type Words = Pick<Param<string>, "name" | "meaning" | "example">;

/** All of them are optional, and may be set when the cutover comes: the run began long before. */
const optional = (
  variable: string,
  words: Words,
  parse: (raw: string) => string = (raw) => raw.trim(),
): Param<string> => ({
  ...words,
  required: false,
  pinned: false,
  secret: false,
  places: inRemote(variable),
  parse,
});

const address = (variable: string, words: Words): Param<string> =>
  optional(variable, words, parseProbeUrl);

/** How v2's API is deployed. */
export const apiConfig = optional("V2_API_CONFIG", {
  name: "v2-api-config",
  meaning:
    "Wrangler configuration of v2's API worker, below the project: deploy-api deploys it. Not set: a person deploys it and is asked.",
  example: "v2/apps/api/wrangler.toml",
});

/** How v2's web is deployed. */
export const webConfig = optional("V2_WEB_CONFIG", {
  name: "v2-web-config",
  meaning:
    "Wrangler configuration of v2's web worker, below the project, built before: deploy-web deploys it. Not set: a person deploys it and is asked.",
  example: "v2/apps/web/wrangler.jsonc",
});

/** Where v2's API answers before the switch. */
export const apiHealthUrl = address("V2_API_HEALTH_URL", {
  name: "v2-api-health-url",
  meaning:
    "Health address of v2's API on its own subdomain. Not set: nobody looks whether it answers.",
  example: "https://api-v2.dataos.app/api/health",
});

/** Where v2's web answers before the switch. */
export const webUrl = address("V2_WEB_URL", {
  name: "v2-web-url",
  meaning: "Address of v2's web on its own subdomain. Not set: nobody looks whether it answers.",
  example: "https://v2.dataos.app/login",
});

/** How v2's API is told from v1's. */
export const apiMark = optional("V2_API_MARK", {
  name: "v2-api-mark",
  meaning:
    "Text in the health answer of v2's API that v1's does not hold. Not set: v1 and v2 cannot be told apart after the switch of DNS.",
  example: '"version":"2',
});

/** How v2's web is told from v1's. */
export const webMark = optional("V2_WEB_MARK", {
  name: "v2-web-mark",
  meaning:
    "Text in v2's page that v1's does not hold; Next.js loads its scripts from /_next/. Not set: v1 and v2 cannot be told apart after the switch of DNS.",
  example: "/_next/",
});

/** The address that users know. */
export const publicWebUrl = address("PUBLIC_WEB_URL", {
  name: "public-web-url",
  meaning: "Address that users know: v1 until switch-dns, v2 after it.",
  example: "https://dataos.app/login",
});

/** The API's address that clients know. */
export const publicApiHealthUrl = address("PUBLIC_API_HEALTH_URL", {
  name: "public-api-health-url",
  meaning: "Health address of the API that clients know: v1 until switch-dns, v2 after it.",
  example: "https://api.dataos.app/api/health",
});

/** Where v1 stays. */
export const sourceWebUrl = address("V1_WEB_URL", {
  name: "v1-web-url",
  meaning: "Address under which v1's web stays reachable after the switch: the way back.",
  example: "https://v1.dataos.app",
});

/** Where v1's API stays. */
export const sourceApiHealthUrl = address("V1_API_HEALTH_URL", {
  name: "v1-api-health-url",
  meaning: "Health address under which v1's API stays reachable after the switch: the way back.",
  example: "https://api-v1.dataos.app/api/health",
});

function parseDays(raw: string): string {
  if (!/^\d{1,4}$/u.test(raw.trim())) throw new Error("not a number of days");
  return raw.trim();
}

export const usualDaysOfV1 = 30;

/** How long v1 is kept. */
export const keepDays = optional(
  "V1_KEEP_DAYS",
  {
    name: "v1-keep-days",
    meaning: `Days that v1 is kept after the switch of DNS. Not set: ${usualDaysOfV1}.`,
    example: String(usualDaysOfV1),
  },
  parseDays,
);

/** Settings of the cutover. */
export const cutoverParams = [
  apiConfig,
  apiHealthUrl,
  apiMark,
  webConfig,
  webUrl,
  webMark,
  publicApiHealthUrl,
  publicWebUrl,
  sourceApiHealthUrl,
  sourceWebUrl,
  keepDays,
] as const;
