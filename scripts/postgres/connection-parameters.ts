/** What happens to a parameter of a connection URL. */
export type ParameterUse = "kept" | "dropped" | "target" | "refused";

/** Parameters of libpq that go into the service file (PostgreSQL 18 manual, 32.1.2). */
const kept = [
  "channel_binding",
  "connect_timeout",
  "gssdelegation",
  "gssencmode",
  "gsslib",
  "hostaddr",
  "keepalives",
  "keepalives_count",
  "keepalives_idle",
  "keepalives_interval",
  "krbsrvname",
  "max_protocol_version",
  "min_protocol_version",
  "options",
  "require_auth",
  "requirepeer",
  "sslcert",
  "sslcertmode",
  "sslcompression",
  "sslcrl",
  "sslcrldir",
  "sslkey",
  "sslmode",
  "sslnegotiation",
  "sslpassword",
  "sslrootcert",
  "sslsni",
  "ssl_max_protocol_version",
  "ssl_min_protocol_version",
  "target_session_attrs",
  "tcp_user_timeout",
];

/**
 * Known, and not for libpq: what every session of ours sets itself (name, encoding), and what only Prisma
 * (schema, pgbouncer …), node-postgres (uselibpqcompat) or a hoster's own URLs (supa) understand.
 */
const dropped = [
  "application_name",
  "client_encoding",
  "fallback_application_name",
  "connection_limit",
  "max_connection_lifetime",
  "max_idle_connection_lifetime",
  "pgbouncer",
  "pool_timeout",
  "schema",
  "socket_timeout",
  "sslaccept",
  "sslidentity",
  "statement_cache_size",
  "supa",
  "uselibpqcompat",
];

/** Say where and as whom to connect, as the parts before the `?` do. */
const target = ["dbname", "host", "password", "port", "user"];

/** Would take the connection from elsewhere, or change its kind. */
const refused = ["load_balance_hosts", "passfile", "replication", "service", "servicefile"];

const listUses = (use: ParameterUse, names: readonly string[]): [string, ParameterUse][] =>
  names.map((name) => [name, use]);

const uses: ReadonlyMap<string, ParameterUse> = new Map([
  ...listUses("kept", kept),
  ...listUses("dropped", dropped),
  ...listUses("target", target),
  ...listUses("refused", refused),
]);

/** What happens to a parameter; undefined when it is not known. */
export const parameterUse = (name: string): ParameterUse | undefined => uses.get(name);

/** All known parameters, for did-you-mean. */
export const listParameterNames = (): string[] => [...uses.keys()];
