import type { Secret } from "../engine/secret.ts";

/** One database to connect to, parsed from a connection URL; the URL itself is not kept. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: Secret | undefined;
  /** libpq parameters of the URL that go into the service file: sslmode, options, channel_binding … */
  readonly parameters: Readonly<Record<string, string>>;
  /** Reasons why the URL looks like a connection pooler's ("host has -pooler", "port 6543"); empty when direct. */
  readonly poolerSigns: readonly string[];
  /** Prisma's `schema=` in the URL, when it is not public: where the application's tables and its history are. */
  readonly prismaSchema?: string;
}

/** `app@db.example:5432/shop`: what may be printed of an endpoint. */
export const describeEndpoint = (endpoint: Endpoint): string =>
  `${endpoint.user}@${endpoint.host}:${endpoint.port}/${endpoint.database}`;
