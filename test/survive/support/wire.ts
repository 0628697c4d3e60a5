/** Postgres' wire protocol, as far as the fault proxy must understand it: where a message ends, and whose it is. */

/** The program at the other end of a connection, by its application_name. */
export type Program = "movebook" | "lock" | "psql" | "pg_dump" | "other";

/** A whole message of a client. */
export interface FrontendMessage {
  /** `startup`, or the protocol's letter: Q query, P parse, B bind, E execute, S sync, d copy data, c copy done, X end. */
  readonly type: string;
  readonly bytes: Buffer;
}

const codes = { protocol3: 196_608, cancel: 80_877_102, ssl: 80_877_103, gss: 80_877_104 };

/**
 * Cuts the first message off a client's bytes.
 * @param isStarted false before the startup message
 * @returns undefined when it is not whole yet
 */
export function cutMessage(buffer: Buffer, isStarted: boolean): FrontendMessage | undefined {
  const head = isStarted ? 1 : 0;
  if (buffer.length < head + 4) return undefined;
  const end = head + buffer.readInt32BE(head);
  if (buffer.length < end) return undefined;
  const bytes = buffer.subarray(0, end);
  return { type: isStarted ? String.fromCharCode(bytes[0] ?? 0) : nameOpening(bytes), bytes };
}

function nameOpening(bytes: Buffer): string {
  const code = bytes.readInt32BE(4);
  if (code === codes.cancel) return "cancel";
  return code === codes.ssl || code === codes.gss ? "encryption" : "startup";
}

/** `movebook <runbook> <env> <run>`, with the program's name behind it when it is not movebook itself. */
export function readProgram(startup: Buffer): Program {
  const words = startup.subarray(8).toString("utf8").split("\0");
  const at = words.findIndex((word, index) => index % 2 === 0 && word === "application_name");
  const name = at < 0 ? "" : (words[at + 1] ?? "");
  if (!name.startsWith("movebook ")) return "other";
  if (name.endsWith(" psql")) return "psql";
  if (name.endsWith(" pg_dump")) return "pg_dump";
  // the lock's session begins with the run, which begins with a year
  return /^movebook \d/u.test(name) ? "lock" : "movebook";
}

/** Messages that the server answers at once; the others wait for a later one. */
export const isAnswered = (type: string): boolean =>
  ["startup", "p", "Q", "S", "c", "f"].includes(type);

/** What was asked, on one line; empty for messages that ask nothing. */
export function describeMessage({ type, bytes }: FrontendMessage): string {
  if (type !== "Q" && type !== "P") return "";
  const text = bytes.subarray(5).toString("utf8").split("\0");
  return (text[type === "P" ? 1 : 0] ?? "").replaceAll(/\s+/gu, " ").trim().slice(0, 200);
}

/** The server process behind a connection, from its BackendKeyData; undefined when these bytes do not hold it. */
export function readBackend(bytes: Buffer): number | undefined {
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    if (bytes[at] === 0x4b && at + 9 <= bytes.length) return bytes.readInt32BE(at + 5);
  }
  return undefined;
}
