import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/** Lines that ask for another database or for a newer psql or server than there may be; they say nothing of the data. */
const passedOver =
  /^(?:\\(?:restrict|unrestrict|connect|c)\b|(?:create|drop|alter) database\b.*;\s*$|set transaction_timeout\b)/i;

const rolePatterns: readonly RegExp[] = [
  /\bowner to (?<role>"[^"]+"|[\w$]+);/i,
  /^(?:grant|revoke)\b.*\b(?:to|from) (?<role>"[^"]+"|[\w$]+)(?: with grant option)?;/i,
  /\bfor role (?<role>"[^"]+"|[\w$]+)\b/i,
  /^create policy\b.*\bto (?<role>"[^"]+"|[\w$]+)/i,
  /^set (?:session authorization|role) '?(?<role>"[^"]+"|[\w$]+)'?;/i,
  /\bauthorization (?<role>"[^"]+"|[\w$]+);/i,
];

const knownRoles = /^(?:public|postgres|default|none|current_user|session_user|pg_\w+)$/;

/** One line, and whether it is a row of a COPY. */
interface DumpLine {
  readonly text: string;
  readonly isRow: boolean;
}

/** Pieces between line feeds: a carriage return is part of the line, as it is for psql. */
async function* splitLines(input: Readable): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of input) {
    const pieces = (rest + String(chunk)).split("\n");
    rest = pieces.pop() ?? "";
    yield* pieces;
  }
  if (rest !== "") yield rest;
}

/** The lines of a plain dump, gzipped or not. As latin1, so that every byte comes out as it went in. */
async function* readLines(file: string): AsyncGenerator<DumpLine> {
  const raw = createReadStream(file);
  const input = file.endsWith(".gz") ? raw.pipe(createGunzip()) : raw;
  raw.on("error", (error) => input.destroy(error));
  let isRow = false;
  for await (const text of splitLines(input.setEncoding("latin1"))) {
    yield { text, isRow };
    isRow = isRow ? !/^\\\.\r?$/.test(text) : /^copy\b.*\bfrom stdin\b.*;\s*$/i.test(text);
  }
}

/** Roles that a dump names and does not create: they must be there before it is restored. */
export async function listNamedRoles(file: string): Promise<string[]> {
  const named = new Set<string>();
  const created = new Set<string>();
  for await (const { text, isRow } of readLines(file)) {
    if (isRow) continue;
    const creation = /^create (?:role|user) (?<role>"[^"]+"|[\w$]+)/i.exec(text);
    if (creation !== null) created.add(unquote(creation.groups?.["role"]));
    for (const pattern of rolePatterns) {
      const role = pattern.exec(text)?.groups?.["role"];
      if (role !== undefined) named.add(unquote(role));
    }
  }
  return [...named].filter((role) => !created.has(role) && !knownRoles.test(role));
}

const unquote = (role = ""): string =>
  role.startsWith('"')
    ? Buffer.from(role.slice(1, -1), "latin1").toString("utf8")
    : role.toLowerCase();

/** The dump as psql gets it. */
export function readDump(file: string): Readable {
  async function* chunks(): AsyncGenerator<Buffer> {
    let batch = "";
    for await (const { text, isRow } of readLines(file)) {
      if (!isRow && passedOver.test(text)) continue;
      batch += `${text}\n`;
      if (batch.length < 256 * 1024) continue;
      yield Buffer.from(batch, "latin1");
      batch = "";
    }
    yield Buffer.from(batch, "latin1");
  }
  return Readable.from(chunks(), { objectMode: false });
}
