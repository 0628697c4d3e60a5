import { join } from "node:path";
import type { Command } from "../engine/command.ts";
import type { Account, DatabaseAddress } from "./database-address.ts";
import { logFileOf } from "./wrangler-config.ts";

/** What each call gets: no metrics, no colours, no update check, no prompt, no log, no cache in the operator's project. */
const quiet = (folder: string): Record<string, string> => ({
  CI: "1",
  NO_COLOR: "1",
  FORCE_COLOR: "0",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_LOG: "log",
  WRANGLER_LOG_PATH: logFileOf(folder),
  WRANGLER_CACHE_DIR: join(folder, "wrangler/cache"),
  CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: "false",
});

type Variables = Pick<Command, "environment" | "secretEnvironment">;

/** The variables for calls that reach Cloudflare. The token goes by itself, and is in no argument. */
export const buildRemoteEnvironment = (account: Account, folder: string): Variables => ({
  environment: {
    ...quiet(folder),
    CLOUDFLARE_ACCOUNT_ID: account.accountId,
    ...(account.apiBaseUrl === undefined ? {} : { CLOUDFLARE_API_BASE_URL: account.apiBaseUrl }),
  },
  ...(account.apiToken === undefined
    ? {}
    : { secretEnvironment: { CLOUDFLARE_API_TOKEN: () => account.apiToken?.reveal() ?? "" } }),
});

/** The variables for calls to a database. */
export const buildEnvironment = (address: DatabaseAddress, folder: string): Variables =>
  address.place === "remote"
    ? buildRemoteEnvironment(address, folder)
    : { environment: quiet(folder) };
