import { writeFile } from "node:fs/promises";
import { type ProductOptions, planProduct } from "./workspaces-product.ts";

interface Reasoned {
  readonly reason: string;
}

/** The decisions file as an operator writes it: `d1-decisions.json`. */
export interface DemoDecisions {
  readonly leaveOut: { readonly tables: Readonly<Record<string, Reasoned>> };
  readonly map: Readonly<
    Record<string, Reasoned & { readonly values: Readonly<Record<string, string>> }>
  >;
  readonly fill: Readonly<Record<string, Reasoned & { readonly value: string }>>;
}

const homeless: Readonly<Record<string, string>> = {
  views: "v2 draws its views anew from the fields; saved views come later",
  rate_limits: "they expire within an hour",
  usage_counters: "v2 counts from its first day on",
  audit_log: "it stays readable in v1, which is kept for 30 days",
};

const noIcon = { value: "table", reason: "what v2 shows where v1 showed none" };
const noColor = { value: "blue", reason: "what v2 shows where v1 showed none" };
const oldColor = {
  values: { teal: "green" },
  reason: "v2 has six colours, and green is the nearest",
};
const viewers = {
  values: { viewer: "editor" },
  reason: "v2 knows viewers within a workspace only; in their own workspace they edit",
};

const decideLooks = (table: string): Pick<DemoDecisions, "map" | "fill"> => ({
  map: { [`${table}.color`]: oldColor },
  fill: { [`${table}.icon`]: noIcon, [`${table}.color`]: noColor },
});

/** What has to be decided about this product before v2 takes it, each with its reason. */
export function buildDemoDecisions(options: ProductOptions): DemoDecisions {
  const plan = planProduct(options);
  const hasLooks = plan.nullIcons;
  const tables = hasLooks ? decideLooks("tables") : { map: {}, fill: {} };
  const hasBases = hasLooks && plan.withWorkspaces;
  const bases = hasBases ? decideLooks("bases") : { map: {}, fill: {} };
  const spaces = hasBases ? { "workspaces.icon": noIcon } : {};
  const left = Object.entries(homeless).map(([table, reason]) => [table, { reason }] as const);
  return {
    leaveOut: { tables: Object.fromEntries(left) },
    map: { ...(plan.viewers ? { "users.role": viewers } : {}), ...tables.map, ...bases.map },
    fill: { ...tables.fill, ...bases.fill, ...spaces },
  };
}

/** The decisions for flat tables, as v1 is unless it is asked otherwise. */
export const workspacesDecisions: DemoDecisions = buildDemoDecisions({
  users: 1,
  tablesPerUser: 1,
  recordsPerTable: 1,
});

/** Writes them as JSON, as people edit it. */
export async function writeDemoDecisions(file: string, options: ProductOptions): Promise<void> {
  await writeFile(file, `${JSON.stringify(buildDemoDecisions(options), undefined, 2)}\n`);
}
