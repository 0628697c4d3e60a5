import type { Endpoint } from "./endpoint.ts";

/** libpq reads lines into 1024 bytes and refuses 1023 of them, line break included (parseServiceFile, since 13). */
const longestLine = 1_021;

/** One line of a service file. libpq has no quoting there: what cannot stand plainly cannot be written. */
function buildLine(key: string, value: string): string {
  const line = `${key}=${value}`;
  const refuse = (reason: string): Error =>
    new Error(`the connection's ${key} cannot be handed to psql: ${reason}`);
  if (!/^[a-z_]+$/.test(key) || key.startsWith("service"))
    throw refuse("a service file has no such parameter");
  if (/[\n\0]/.test(value)) throw refuse("it holds a line break or a NUL");
  if (/[ \t\v\f\r]$/.test(value)) throw refuse("it ends with a blank, which would be cut off");
  if (Buffer.byteLength(line) > longestLine) throw refuse(`it is longer than ${longestLine} bytes`);
  return line;
}

/** Options of both, ours last: the server takes the last setting of the same name. */
const joinOptions = (...options: (string | undefined)[]): Record<string, string> => {
  const given = options.filter((option) => option !== undefined && option !== "");
  return given.length === 0 ? {} : { options: given.join(" ") };
};

/**
 * A libpq service file (PGSERVICEFILE) with one service, so that argv says `service=<name>` and nothing more. The
 * password is not in it: see {@link buildPassFile}.
 * @param extra libpq parameters that win over the endpoint's own; `options` of both are joined, these last
 * @throws Error that names the parameter, never the value, when libpq could not read it back
 */
export function buildServiceFile(
  name: string,
  endpoint: Endpoint,
  extra: Readonly<Record<string, string>>,
): string {
  if (!/^\w[\w-]*$/.test(name))
    throw new Error("the name of a service is made of letters, digits, _ and -");
  if ("password" in extra)
    throw new Error("a password belongs into the password file, not into the service file");
  if (endpoint.host.includes(","))
    throw new Error("the connection's host holds a comma: libpq would see several hosts");
  const parameters = {
    host: endpoint.host,
    port: String(endpoint.port),
    dbname: endpoint.database,
    user: endpoint.user,
    ...endpoint.parameters,
    ...extra,
    ...joinOptions(endpoint.parameters["options"], extra["options"]),
  };
  const lines = Object.entries(parameters).map(([key, value]) => buildLine(key, value));
  return [`[${name}]`, ...lines, ""].join("\n");
}

const escapeField = (text: string): string =>
  text.replaceAll(/[\\:]/g, (character) => `\\${character}`);

/** libpq looks the default socket folder up as `localhost`, and which folder that is differs from build to build. */
const hostField = (host: string): string => (/^[/@]/.test(host) ? "*" : escapeField(host));

/**
 * A libpq password file (PGPASSFILE, mode 0600) for one endpoint; empty when it has no password.
 * @throws Error without the value, when a field holds a line break or a NUL, which the format cannot
 */
export function buildPassFile(endpoint: Endpoint): string {
  if (endpoint.password === undefined) return "";
  const password = endpoint.password.reveal();
  const fields = [endpoint.host, endpoint.database, endpoint.user, password];
  if (fields.some((field) => /[\n\0]/.test(field))) {
    throw new Error(
      "a host, database, user or password with a line break or a NUL cannot be handed to psql",
    );
  }
  const line = [
    hostField(endpoint.host),
    String(endpoint.port),
    escapeField(endpoint.database),
    escapeField(endpoint.user),
    // libpq stops at a further colon; without it, it would cut carriage returns off the end.
    `${escapeField(password)}:`,
  ].join(":");
  return `${line}\n`;
}
