import type { Command, Part } from "../engine/command.ts";
import type { Endpoint } from "./endpoint.ts";
import { buildPassFile, buildServiceFile } from "./service-file.ts";
import { buildSessionPins, buildStartupOptions, type SessionUse } from "./session.ts";

/** Name of the only service in the service file of a call. */
const service = "movebook";

/** Secret files and environment with which psql and pg_dump reach an endpoint: argv says only the service's name. */
export function buildConnection(
  endpoint: Endpoint,
  use: SessionUse & { readonly applicationName: string },
): Required<Pick<Command, "environment" | "secretFiles">> & { readonly dbname: string } {
  const extra = {
    options: buildStartupOptions(use, undefined),
    application_name: use.applicationName.slice(0, 63),
    connect_timeout: endpoint.parameters["connect_timeout"] ?? "30",
  };
  return {
    dbname: `service=${service}`,
    // psql and pg_dump label the server's errors in their own language; the server's may be another one
    environment: { PGCLIENTENCODING: "UTF8", LC_ALL: "C" },
    secretFiles: {
      PGSERVICEFILE: () => buildServiceFile(service, endpoint, extra),
      PGPASSFILE: () => buildPassFile(endpoint),
    },
  };
}

/**
 * The name by which others see the session of a program of ours; at most 63 bytes.
 * @param applicationName of the run: `movebook data-move dev <run>`
 */
export const nameSession = (applicationName: string, program: "psql" | "pg_dump"): string =>
  `${applicationName.slice(0, 62 - program.length)} ${program}`;

/** What a psql conversation is for. */
export interface PsqlOptions extends SessionUse {
  readonly program: string;
  readonly title: string;
  readonly applicationName: string;
}

/** A line of SQL that prints a line, the answer to a part. */
export const buildEcho = (answer: string): string => `\\echo ${answer}\n`;

/**
 * A conversation with psql. It stops at the first error (exit 3) and prints every field of it on stderr
 * (VERBOSITY verbose); rows come as bare lines; what is not sent, COMMIT last of all, cannot happen.
 */
export function buildPsqlCommand(
  endpoint: Endpoint,
  options: PsqlOptions,
  parts: readonly Part[],
): Command {
  const { dbname, environment, secretFiles } = buildConnection(endpoint, {
    ...options,
    applicationName: nameSession(options.applicationName, "psql"),
  });
  const answer = "movebook: session pinned";
  const pins: Part = {
    input: [
      {
        text: `\\set VERBOSITY verbose\n\\set SHOW_CONTEXT always\n${buildSessionPins(options)}\n${buildEcho(answer)}`,
      },
    ],
    answer,
  };
  return {
    title: options.title,
    program: options.program,
    args: ["-X", "-w", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", dbname],
    environment,
    secretFiles,
    parts: [pins, ...parts],
  };
}
