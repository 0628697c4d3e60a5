import { findNearestName } from "../engine/nearest-name.ts";
import { registerSecret } from "../engine/redact.ts";
import { Secret } from "../engine/secret.ts";
import { listParameterNames, parameterUse } from "./connection-parameters.ts";
import type { Endpoint } from "./endpoint.ts";

/** The parts of a URL before they are decoded. */
interface UrlParts {
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly query: string;
}

type Parameters = ReadonlyMap<string, string>;

const encodings = "# is %23, / is %2F, ? is %3F, @ is %40, % is %25";
const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/** An error whose message holds nothing of the URL; `new URL` and libpq both repeat all of it in theirs. */
const wrong = (message: string): Error => new Error(message);

const rawCharacter = (character: string, place: string): Error =>
  wrong(`a raw ${character} ${place}: percent-encode special characters (${encodings})`);

/** Percent-decoding as libpq does it (`+` stays a plus). @throws without the text */
function decode(text: string, part: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw rawCharacter("%", `in the ${part}`);
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw wrong(`the percent-encoding of the ${part} is not UTF-8`);
  }
  if (decoded.includes("\0")) throw wrong(`the ${part} holds a %00, which no connection can`);
  return decoded;
}

/** What is after `postgresql://`. */
function cutScheme(raw: string): string {
  const text = raw.trim();
  if (/^['"`]/.test(text)) throw wrong("the URL stands in quotes that belong to it: remove them");
  if (/^psql\s/.test(text)) throw wrong("this is a psql command line: take only the URL out of it");
  const scheme = /^([a-z][a-z0-9+.:-]*?):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === "prisma" || scheme === "prisma+postgres") {
    throw wrong(
      "this is a URL for Prisma's own service: take the database's own, which begins with postgresql://",
    );
  }
  if (scheme !== "postgres" && scheme !== "postgresql")
    throw wrong("the URL must begin with postgresql:// or postgres://");
  const rest = text.slice(scheme.length + "://".length);
  if (/\s/.test(rest))
    throw wrong("the URL holds a blank or a line break: percent-encode it (a blank is %20)");
  return rest;
}

/** Refuses what a password with raw special characters makes of a URL; libpq and other readers part there in different ways. */
function verifyEncoded(rest: string, authority: string): void {
  if (rest.includes("#")) throw rawCharacter("#", "in the URL, most likely in the password");
  const signs = authority.split("@").length - 1;
  if (signs > 1) throw rawCharacter("@", "in the user or password");
  const after = rest.slice(authority.length);
  if (signs === 0 && after.includes("@") && !/[?&]user=/.test(after)) {
    throw rawCharacter(after.charAt(0), "before the @, most likely in the password");
  }
  const path = after.split("?", 1)[0] ?? "";
  if (/[/@]/.test(path.slice(1)))
    throw rawCharacter("/ or @", "in the password or in the name of the database");
}

function splitUrl(rest: string): UrlParts {
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? "";
  verifyEncoded(rest, authority);
  const [, database = "", query = ""] =
    /^(?:\/([^?]*))?(?:\?(.*))?$/s.exec(rest.slice(authority.length)) ?? [];
  const [, userinfo, server = ""] = /^(?:(.*)@)?(.*)$/s.exec(authority) ?? [];
  const [, user, password] = /^([^:]*)(?::(.*))?$/s.exec(userinfo ?? "") ?? [];
  const [, bracketed, plain = "", port = ""] =
    /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(server) ?? [];
  if (server !== "" && (bracketed ?? plain) === "" && port === "") {
    throw wrong(
      "host and port cannot be read; an IPv6 address stands in brackets, a special character of the password is percent-encoded",
    );
  }
  return { user, password, host: bracketed ?? plain, port, database, query };
}

/** Refuses a parameter by name. After a `password=` or before an `@`, what looks like a name may be a piece of the password. */
function refuseParameter(name: string, query: string): Error {
  if (/(?:^|&)(?:ssl)?password=|@/.test(query) || !/^\w{1,40}$/.test(name)) {
    return wrong("a parameter after the ? is not known; a raw & in a value is written %26");
  }
  const nearest = findNearestName(name, listParameterNames());
  return wrong(
    `the parameter ${name} is not known${nearest === undefined ? ": remove it" : `; did you mean ${nearest}?`}`,
  );
}

function readParameter(pair: string, query: string): [string, string] {
  const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(pair) ?? [];
  // What JDBC and node-postgres write, and libpq takes as well.
  if (name === "ssl" && value === "true") return ["sslmode", "require"];
  const use = parameterUse(name);
  if (use === undefined) throw refuseParameter(name, query);
  if (use === "refused") throw wrong(`the parameter ${name} cannot be used here: remove it`);
  if (value === undefined) throw wrong(`the parameter ${name} has no value`);
  return [name, decode(value, `parameter ${name}`)];
}

function readParameters(query: string): Parameters {
  const parameters = new Map<string, string>();
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const [name, value] = readParameter(pair, query);
    if (parameters.has(name) && parameters.get(name) !== value)
      throw wrong(`the parameter ${name} stands twice, with two values`);
    parameters.set(name, value);
  }
  const sslMode = parameters.get("sslmode");
  if (sslMode !== undefined && !sslModes.includes(sslMode))
    throw wrong(`sslmode must be one of ${sslModes.join(", ")}`);
  return parameters;
}

/** A host name, an address, or the folder of a Unix socket. */
function readHost(written: string, parameters: Parameters): string {
  const host = parameters.get("host") ?? decode(written, "host");
  if (host === "")
    throw wrong("there is no host; for a Unix socket add ?host=/folder/of/the/socket");
  if (host.includes(",")) throw wrong("there are several hosts: name the one that is meant");
  if (/^[/@]/.test(host)) return host;
  if (/^[\p{L}\p{N}._-]+$/u.test(host) || /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[\w.-]+)?$/.test(host))
    return host;
  throw wrong(
    `the host cannot be read: if the password holds special characters, percent-encode them (${encodings})`,
  );
}

function readPort(written: string, parameters: Parameters): number {
  const text = parameters.get("port") ?? written;
  if (text.includes(",")) throw wrong("there are several hosts: name the one that is meant");
  const port = text === "" ? 5432 : Number(text);
  if (/^\d{0,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw wrong(
    `the port is not a number from 1 to 65535: if the password holds special characters, percent-encode them (${encodings})`,
  );
}

/** libpq would take the operating system's user, and the database of the user's name: a move never guesses where it writes. */
function readName(
  part: "user" | "database",
  written: string,
  parameter: string | undefined,
): string {
  const name = parameter ?? decode(written, part);
  if (name === "") throw wrong(`there is no ${part}: postgresql://user:password@host/database`);
  return name;
}

function readPassword(written: string | undefined, parameters: Parameters): Secret | undefined {
  const password = parameters.get("password") ?? decode(written ?? "", "password");
  const keyPassword = parameters.get("sslpassword");
  if (keyPassword !== undefined) registerSecret(keyPassword);
  return password === "" ? undefined : new Secret(password);
}

/** Reasons to take it for a connection pooler. Neon's pooled and direct hosts both use 5432. */
function listPoolerSigns(host: string, port: number, parameters: Parameters): string[] {
  const signs: string[] = [];
  if (/^[^./]*-pooler(?:\.|$)/i.test(host)) signs.push("host has -pooler");
  if (port === 6543) signs.push("port 6543 (Supabase's pooler)");
  if (port === 6432) signs.push("port 6432 (PgBouncer)");
  if (parameters.get("pgbouncer")?.toLowerCase() === "true") signs.push("pgbouncer=true");
  return signs;
}

/**
 * Parses a connection URL as libpq reads it (percent-encoding, IPv6, Unix sockets, parameters after the `?`), and
 * also takes Prisma's parameters, which libpq refuses.
 * @throws Error that says what is wrong and how to write it, and holds no piece of the URL
 */
export function parseConnectionUrl(raw: string): Endpoint {
  const parts = splitUrl(cutScheme(raw));
  const parameters = readParameters(parts.query);
  const password = readPassword(parts.password, parameters);
  const host = readHost(parts.host, parameters);
  const port = readPort(parts.port, parameters);
  const schema = parameters.get("schema");
  return {
    host,
    port,
    database: readName("database", parts.database, parameters.get("dbname")),
    user: readName("user", parts.user ?? "", parameters.get("user")),
    password,
    parameters: Object.fromEntries(
      [...parameters].filter(([name]) => parameterUse(name) === "kept"),
    ),
    poolerSigns: listPoolerSigns(host, port, parameters),
    ...(schema === undefined || schema === "public" || schema === ""
      ? {}
      : { prismaSchema: schema }),
  };
}
