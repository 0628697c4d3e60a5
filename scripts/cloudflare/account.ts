import { z } from "zod";
import { buildWhoamiCommand, type AccountCall } from "./d1-commands.ts";
import { runWrangler, type Execute } from "./run-wrangler.ts";
import { prepareFolder } from "./wrangler-config.ts";
import { parseJsonOutput } from "./wrangler-output.ts";

const whoamiSchema = z.looseObject({
  loggedIn: z.boolean(),
  authType: z.string().optional(),
  accounts: z.array(z.looseObject({ id: z.string() })).default([]),
});

/** Who is logged in at Cloudflare. E-mail addresses and names of accounts are left out: nobody here needs them. */
export interface Login {
  readonly loggedIn: boolean;
  /** "User API Token", "OAuth Token" … */
  readonly authType: string | undefined;
  readonly accountIds: readonly string[];
}

/** @returns undefined when the output is no answer of `wrangler whoami --json` */
export function parseWhoami(lines: readonly string[]): Login | undefined {
  const answer = whoamiSchema.safeParse(parseJsonOutput(lines));
  if (!answer.success) return undefined;
  const { loggedIn, authType, accounts } = answer.data;
  return { loggedIn, authType, accountIds: accounts.map(({ id }) => id) };
}

/** @throws WranglerFailure of the kind "not-logged-in" when the token is refused */
export async function readLogin(execute: Execute, call: AccountCall): Promise<Login | undefined> {
  prepareFolder(call.folder);
  return parseWhoami(await runWrangler(execute, buildWhoamiCommand(call), "Cloudflare"));
}
