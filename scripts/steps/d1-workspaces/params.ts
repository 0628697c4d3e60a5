import type { Param } from "../../engine/param.ts";
import { Secret } from "../../engine/secret.ts";

/** Where a local D1 lies when nobody says otherwise: wrangler's own folder below the project. */
export const defaultStateFolder = ".wrangler/state";

/** The decisions file when nobody names another one. */
export const defaultDecisionsFile = "d1-decisions.json";

const localFile = ".env.d1.local";
const remoteFile = ".env.d1.remote";

const inBoth = (variable: string): Param<unknown>["places"] => ({
  local: { variable, file: localFile },
  remote: { variable, file: remoteFile },
});
const inLocal = (variable: string): Param<unknown>["places"] => ({
  local: { variable, file: localFile },
});
const inRemote = (variable: string): Param<unknown>["places"] => ({
  remote: { variable, file: remoteFile },
});

const trimmed = (raw: string): string => raw.trim();

function parseName(raw: string): string {
  const name = raw.trim();
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]*$/u.test(name))
    throw new Error("not the name of a D1 database: letters, digits, _ and - only");
  return name;
}

function parseDatabaseId(raw: string): string {
  const id = raw.trim();
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/u.test(id))
    throw new Error(
      "not the id of a D1 database; it stands in wrangler.toml as database_id and in `wrangler d1 list`",
    );
  return id;
}

function parseAccountId(raw: string): string {
  const id = raw.trim();
  if (!/^[0-9a-f]{32}$/u.test(id))
    throw new Error("not an account id: 32 digits from 0 to f; `wrangler whoami` prints it");
  return id;
}

function parseToken(raw: string): Secret {
  const token = raw.trim();
  if (/\s/u.test(token)) throw new Error("an API token holds no blanks");
  return new Secret(token);
}

function parseBaseUrl(raw: string): string {
  const url = URL.canParse(raw.trim()) ? new URL(raw.trim()) : undefined;
  if (url === undefined) throw new Error("not a URL");
  if (url.username !== "" || url.password !== "")
    throw new Error(
      "a URL with a user or password in it: the token stands in CLOUDFLARE_API_TOKEN",
    );
  const isHere = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isHere))
    throw new Error("the token would travel in the clear: only https");
  return url.href.replace(/\/$/u, "");
}

/** v1's name. */
export const sourceName: Param<string> = {
  name: "source-name",
  meaning: "Name of v1's D1 database. Only read, never written to.",
  example: "dataos-v1",
  required: true,
  secret: false,
  places: inBoth("V1_D1_NAME"),
  parse: parseName,
};

/** v1's id. */
export const sourceId: Param<string> = {
  name: "source-id",
  meaning: "Id of v1's D1 database: database_id in v1's wrangler.toml.",
  example: "5d6b2c8e-0000-4000-8000-000000000001",
  required: true,
  secret: false,
  places: inBoth("V1_D1_ID"),
  parse: parseDatabaseId,
};

/** v2's name. */
export const targetName: Param<string> = {
  name: "target-name",
  meaning: "Name of v2's D1 database, the target.",
  example: "dataos-v2",
  required: true,
  secret: false,
  places: inBoth("V2_D1_NAME"),
  parse: parseName,
};

/** v2's id. */
export const targetId: Param<string> = {
  name: "target-id",
  meaning: "Id of v2's D1 database: database_id in v2's wrangler.toml.",
  example: "9a1f4b7d-0000-4000-8000-000000000002",
  required: true,
  secret: false,
  places: inBoth("V2_D1_ID"),
  parse: parseDatabaseId,
};

/** Where v1's local D1 lies. */
export const sourceStateFolder: Param<string> = {
  name: "source-state-folder",
  meaning: `Folder that v1's wrangler keeps its local state in (--persist-to), below the project or absolute. Not set: ${defaultStateFolder}.`,
  example: "v1/.wrangler/state",
  required: false,
  shown: true,
  secret: false,
  places: inLocal("V1_D1_STATE_FOLDER"),
  parse: trimmed,
};

/** Where v2's local D1 lies. */
export const targetStateFolder: Param<string> = {
  name: "target-state-folder",
  meaning: `Folder that v2's wrangler keeps its local state in (--persist-to), below the project or absolute. Not set: ${defaultStateFolder}.`,
  example: "v2/.wrangler/state",
  required: false,
  shown: true,
  secret: false,
  places: inLocal("V2_D1_STATE_FOLDER"),
  parse: trimmed,
};

/** Whose databases they are. */
export const accountId: Param<string> = {
  name: "account-id",
  meaning: "Id of the Cloudflare account that both databases belong to.",
  example: "0123456789abcdef0123456789abcdef",
  required: true,
  secret: false,
  places: inRemote("CLOUDFLARE_ACCOUNT_ID"),
  parse: parseAccountId,
};

/** How wrangler proves who we are. */
export const apiToken: Param<Secret> = {
  name: "api-token",
  meaning:
    "API token with D1:Edit on the account, and for the cutover's deploy also Workers Scripts:Edit. Not set: the login that `wrangler login` has stored is used.",
  example: "your-api-token",
  required: false,
  shown: true,
  secret: true,
  places: inRemote("CLOUDFLARE_API_TOKEN"),
  parse: parseToken,
};

/** Where Cloudflare's API answers. */
export const apiBaseUrl: Param<string> = {
  name: "api-base-url",
  meaning:
    "Address of Cloudflare's API, when it is reached through a gateway. Not set: Cloudflare's own.",
  example: "https://api.cloudflare.com/client/v4",
  required: false,
  secret: false,
  places: inRemote("CLOUDFLARE_API_BASE_URL"),
  parse: parseBaseUrl,
};

/** What was decided about data that v2 cannot take as it is. */
export const decisionsFile: Param<string> = {
  name: "decisions-file",
  meaning: `File with the decisions about tables, columns and values that v2 cannot take as they are, below the project. Not set: ${defaultDecisionsFile}.`,
  example: "d1-decisions.json",
  required: false,
  secret: false,
  places: inBoth("D1_DECISIONS_FILE"),
  parse: trimmed,
};

/** Folder of v2's migration files. */
export const migrationsFolder: Param<string> = {
  name: "migrations-folder",
  meaning:
    "Folder of v2's migration files, below the project: all of them must be applied in v2. Not set: this is not checked.",
  example: "v2/migrations",
  required: false,
  secret: false,
  places: inBoth("V2_D1_MIGRATIONS_FOLDER"),
  parse: trimmed,
};

/** Settings of the data's way from v1 to v2; those of the cutover stand with its steps. */
export const d1WorkspacesParams = [
  sourceName,
  sourceId,
  targetName,
  targetId,
  sourceStateFolder,
  targetStateFolder,
  accountId,
  apiToken,
  apiBaseUrl,
  decisionsFile,
  migrationsFolder,
] as const;
