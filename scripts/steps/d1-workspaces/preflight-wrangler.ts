import { z } from "zod";
import { noted, passed, problem, warned, type CheckResult } from "../../engine/check.ts";
import type { StepContext } from "../../engine/step.ts";
import { readLogin } from "../../cloudflare/account.ts";
import { buildListCommand, type AccountCall } from "../../cloudflare/d1-commands.ts";
import type { DatabaseAddress } from "../../cloudflare/database-address.ts";
import { runWrangler } from "../../cloudflare/run-wrangler.ts";
import { prepareFolder } from "../../cloudflare/wrangler-config.ts";
import { parseJsonOutput } from "../../cloudflare/wrangler-output.ts";
import { findWrangler } from "../../cloudflare/wrangler.ts";
import { accountOf, sourceAddress, targetAddress } from "./addresses.ts";

/** Which wrangler is called, and by which Node. */
export function checkWrangler(context: StepContext): CheckResult[] {
  const { version, from, note } = findWrangler(context.projectFolder);
  const origin = from === "project" ? "the project's own" : "movebook's own";
  context.remember("wrangler", { version, from });
  return [
    passed(`wrangler ${version} (${origin}), Node ${process.versions.node}`),
    ...(note === undefined ? [] : [warned(note)]),
  ];
}

const listed = z.array(z.object({ uuid: z.string(), name: z.string() }));

/** One side, as the account knows it: a name that leads to another id would fill another database. */
export function judgeListed(
  side: string,
  { name, id }: Pick<DatabaseAddress, "name" | "id">,
  databases: readonly { readonly uuid: string; readonly name: string }[],
): CheckResult {
  const byId = databases.find(({ uuid }) => uuid === id);
  const byName = databases.find((database) => database.name === name);
  if (byId !== undefined && byId.name === name)
    return passed(`${side}: ${name} (${id}) is in the account`);
  if (byId !== undefined)
    return problem(`${side}: the id ${id} belongs to ${byId.name}, not to ${name}`, {
      todo: "Name and id must be those of one database: see wrangler d1 list.",
    });
  if (byName !== undefined)
    return problem(`${side}: ${name} has the id ${byName.uuid}, not ${id}`, {
      todo: "Name and id must be those of one database: see wrangler d1 list.",
    });
  return problem(`${side}: the account has no database ${name} (${id})`, {
    todo: "Is it the right account? See wrangler d1 list.",
  });
}

async function askWhoami(context: StepContext, call: AccountCall): Promise<CheckResult> {
  try {
    const login = await readLogin(context.execute, call);
    if (login?.loggedIn === false)
      return problem("nobody is logged in at Cloudflare", {
        todo: "Set CLOUDFLARE_API_TOKEN, or run wrangler login.",
      });
    return passed(`logged in (${login?.authType ?? "token"})`);
  } catch (error) {
    context.signal.throwIfAborted();
    // a token may lack the right to say whose it is; the list of databases decides
    return noted(
      `who is logged in is not known: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Login and account; both databases are in it, each with its name and id. Asks Cloudflare. */
export async function checkAccount(context: StepContext): Promise<CheckResult[]> {
  if (context.environment !== "remote") return [];
  prepareFolder(context.runFolder);
  const call: AccountCall = {
    wrangler: findWrangler(context.projectFolder),
    account: accountOf(context),
    folder: context.runFolder,
  };
  const [login, lines] = await Promise.all([
    askWhoami(context, call),
    runWrangler(context.execute, buildListCommand(call), "Cloudflare"),
  ]);
  const databases = listed.parse(parseJsonOutput(lines));
  return [
    login,
    judgeListed("v1", sourceAddress(context), databases),
    judgeListed("v2", targetAddress(context), databases),
  ];
}
