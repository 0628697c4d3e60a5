import type { ProductPlan } from "./workspaces-product.ts";

/** Different numbers stay different: the last step of MurmurHash3, which can be undone. */
function scatter(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** `usr_5d9c1a02`: an id of a kind from the row's number. As in v1, ids do not sort as the rows were made. */
export const keyOf = (
  kind: "usr" | "ses" | "wsp" | "bas" | "tbl" | "fld" | "rec" | "viw",
  number: number,
  { seed }: Pick<ProductPlan, "seed">,
): string =>
  `${kind}_${scatter(number + Math.imul(seed, 0x9e3779b9))
    .toString(16)
    .padStart(8, "0")}`;

export const fieldsPerTable = 6;

/** The user who owns a table: users have theirs side by side. */
export const ownerOf = (table: number, { tablesPerUser }: ProductPlan): number =>
  Math.floor(table / tablesPerUser);

/** With workspaces, every second user has them. */
export const hasWorkspaces = (user: number, { withWorkspaces }: ProductPlan): boolean =>
  withWorkspaces && user % 2 === 0;

/** Users with workspaces have one, every fourth of them two: numbers of their workspaces. */
export function listWorkspacesOf(user: number, plan: ProductPlan): readonly [number, ...number[]] {
  const second = hasWorkspaces(user, plan) && user % 8 === 0;
  return second ? [user * 2, user * 2 + 1] : [user * 2];
}
