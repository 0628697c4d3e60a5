import { Secret } from "../../scripts/engine/secret.ts";
import type { Endpoint } from "../../scripts/postgres/endpoint.ts";

/** The password of {@link makeEndpoint}; must be found nowhere but in a password file. */
export const canary = "canary-pa:ss%20word";

/** An endpoint that nobody connects to; `more` wins. */
export const makeEndpoint = (more: Partial<Endpoint> = {}): Endpoint => ({
  host: "db.example",
  port: 5432,
  database: "shop",
  user: "app",
  password: new Secret(canary),
  parameters: {},
  poolerSigns: [],
  ...more,
});
