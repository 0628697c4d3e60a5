import { hasWorkspaces, keyOf, listWorkspacesOf } from "./workspaces-keys.ts";
import type { ProductPlan, ProductRow, ProductValue } from "./workspaces-product.ts";
import { seedRandom, timeAfter } from "./workspaces-random.ts";
import { names } from "./workspaces-record.ts";

const icons = ["folder", "🚀", "🧪", "table"] as const;
const colors = ["blue", "green", "red", "orange", "gray"] as const;

/** An icon and a colour; where the plan says so, NULL in some rows, and in some a colour that v2 does not know. */
export function listLooks(
  number: number,
  { nullIcons }: Pick<ProductPlan, "nullIcons">,
): { readonly icon: ProductValue; readonly color: ProductValue } {
  const color =
    nullIcons && number % 10 === 9 ? "teal" : (colors[number % colors.length] ?? "blue");
  return {
    icon: nullIcons && number % 3 === 2 ? null : (icons[number % icons.length] ?? icons[0]),
    color: nullIcons && number % 4 === 3 ? null : color,
  };
}

/** Users, their sessions and counters, and the workspaces of those who have them. */
export function* listPeopleRows(plan: ProductPlan): Generator<ProductRow> {
  yield* listUsers(plan);
  yield* listSessions(plan);
  if (plan.withWorkspaces) yield* listWorkspaces(plan);
  yield* listUsage(plan);
}

function roleOf(user: number, { viewers }: ProductPlan): string {
  if (user % 10 === 0) return "admin";
  return viewers && user % 5 === 3 ? "viewer" : "editor";
}

function* listUsers(plan: ProductPlan): Generator<ProductRow> {
  const random = seedRandom(plan.seed + 101);
  const base64 = (bytes: number): string =>
    Buffer.from(random.hex(bytes * 2), "hex").toString("base64");
  for (let user = 0; user < plan.users; user++) {
    const name = names[user % names.length] ?? names[0];
    yield {
      table: "users",
      values: {
        id: keyOf("usr", user, plan),
        email: `user${user}@example.test`,
        name,
        // The format that v1 writes. Salt and hash are made up: no password belongs to them.
        password_hash: `pbkdf2$sha256$100000$${base64(16)}$${base64(32)}`,
        role: roleOf(user, plan),
        is_active: user % 17 === 16 ? 0 : 1,
        created_at: timeAfter(user * 60),
        updated_at: timeAfter(user * 60 + random.below(1_000_000)),
      },
    };
  }
}

function* listSessions(plan: ProductPlan): Generator<ProductRow> {
  const random = seedRandom(plan.seed + 102);
  for (let session = 0; session < plan.users * 2; session++)
    yield {
      table: "sessions",
      values: {
        id: keyOf("ses", session, plan),
        user_id: keyOf("usr", session >> 1, plan),
        token_hash: random.hex(64),
        expires_at: timeAfter(40_000_000 + session),
        created_at: timeAfter(30_000_000 + session),
      },
    };
}

const listOwners = (plan: ProductPlan): readonly number[] =>
  Array.from({ length: plan.users }, (_, user) => user).filter((user) => hasWorkspaces(user, plan));

function* listWorkspaces(plan: ProductPlan): Generator<ProductRow> {
  const owned = listOwners(plan).flatMap((user) =>
    listWorkspacesOf(user, plan).map((workspace) => ({ user, workspace })),
  );
  for (const { user, workspace } of owned)
    yield { table: "workspaces", values: describeWorkspace(user, workspace, plan) };
  for (const { user, workspace } of owned) yield* listMembers(user, workspace, plan);
  for (const { workspace } of owned) yield* listBases(workspace, plan);
}

const describeWorkspace = (
  user: number,
  workspace: number,
  plan: ProductPlan,
): ProductRow["values"] => ({
  id: keyOf("wsp", workspace, plan),
  name: `${names[user % names.length] ?? names[0]}'s workspace`,
  slug: `space-${workspace}`,
  owner_id: keyOf("usr", user, plan),
  // Only icons were ever left empty here.
  ...listLooks(workspace * 2, plan),
  created_at: timeAfter(10_000_000 + workspace),
  updated_at: timeAfter(10_000_000 + workspace),
});

/** The owner, and the next two users as editor and viewer. */
function* listMembers(owner: number, workspace: number, plan: ProductPlan): Generator<ProductRow> {
  for (const [step, role] of ["owner", "editor", "viewer"].entries()) {
    if (step > 0 && (owner + step) % plan.users === owner) continue;
    if (step === 2 && plan.users < 3) continue;
    yield {
      table: "workspace_members",
      values: {
        workspace_id: keyOf("wsp", workspace, plan),
        user_id: keyOf("usr", (owner + step) % plan.users, plan),
        role,
        joined_at: timeAfter(10_000_000 + workspace + step),
      },
    };
  }
}

/** Two bases in each workspace: numbers workspace × 2 and the one after. */
function* listBases(workspace: number, plan: ProductPlan): Generator<ProductRow> {
  for (const position of [0, 1])
    yield {
      table: "bases",
      values: {
        id: keyOf("bas", workspace * 2 + position, plan),
        workspace_id: keyOf("wsp", workspace, plan),
        name: position === 0 ? "Main" : "Archive 🗄️",
        ...listLooks(workspace + position, plan),
        position,
        created_at: timeAfter(11_000_000 + workspace),
        updated_at: timeAfter(11_000_000 + workspace),
      },
    };
}

function* listUsage(plan: ProductPlan): Generator<ProductRow> {
  const random = seedRandom(plan.seed + 103);
  for (let key = 0; key < Math.ceil(plan.users / 4); key++)
    yield {
      table: "rate_limits",
      values: {
        key: `login:198.51.100.${key % 256}:${key}`,
        count: random.below(50),
        window_start: 1_704_067_200 + key * 60,
      },
    };
  for (let user = 0; user < plan.users; user++)
    for (const metric of ["api_calls", "records"])
      yield {
        table: "usage_counters",
        values: {
          user_id: keyOf("usr", user, plan),
          metric,
          period: "2024-06",
          value: random.below(1_000_000),
        },
      };
}
