import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import type { Endpoint } from "./endpoint.ts";

/** One way to connect, and whether the next one may be tried after an error. */
export interface TlsChoice {
  readonly config: false | ConnectionOptions;
  readonly mayFallBack: (error: unknown) => boolean;
}

const never = (): boolean => false;
const refusesTls = (error: unknown): boolean =>
  /does not support SSL/i.test((error as Error).message);

function readCertificates(endpoint: Endpoint): ConnectionOptions {
  const { sslrootcert, sslcert, sslkey } = endpoint.parameters;
  return {
    ...(sslrootcert === undefined || sslrootcert === "system"
      ? {}
      : { ca: readFileSync(sslrootcert, "utf8") }),
    ...(sslcert === undefined ? {} : { cert: readFileSync(sslcert, "utf8") }),
    ...(sslkey === undefined ? {} : { key: readFileSync(sslkey, "utf8") }),
  };
}

/**
 * libpq's sslmode as the driver understands it, so that psql and our own sessions connect alike.
 * Without one libpq says `prefer`: encrypted when the server offers it. `require` does not look at the
 * certificate unless a root is given (libpq's documented backward compatibility).
 */
export function tlsChoices(endpoint: Endpoint): readonly TlsChoice[] {
  const mode = endpoint.parameters["sslmode"] ?? "prefer";
  const plain: TlsChoice = { config: false, mayFallBack: never };
  if (mode === "disable" || endpoint.host.startsWith("/")) return [plain];
  const certificates = readCertificates(endpoint);
  const verifies =
    mode === "verify-full" ||
    mode === "verify-ca" ||
    (mode === "require" && certificates.ca !== undefined);
  const config: ConnectionOptions = {
    ...certificates,
    rejectUnauthorized: verifies,
    // verify-ca trusts any name that the authority signed for
    ...(mode === "verify-full" || !verifies ? {} : { checkServerIdentity: () => undefined }),
  };
  if (mode === "prefer") return [{ config, mayFallBack: refusesTls }, plain];
  if (mode === "allow")
    return [
      { config: false, mayFallBack: () => true },
      { config, mayFallBack: never },
    ];
  return [{ config, mayFallBack: never }];
}

/**
 * True when our own sessions can verify the server and psql and pg_dump cannot: libpq does not know the system's
 * authorities unless it is told (sslrootcert=system, since 16), it looks into ~/.postgresql/root.crt.
 * @param home the home folder; libpq's defaults are below it
 */
export function lacksRootCertificate(endpoint: Endpoint, home: string): boolean {
  const { sslmode, sslrootcert } = endpoint.parameters;
  const verifies = sslmode === "verify-ca" || sslmode === "verify-full";
  return (
    verifies && sslrootcert === undefined && !existsSync(join(home, ".postgresql", "root.crt"))
  );
}
