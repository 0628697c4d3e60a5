import { stripVTControlCharacters } from "node:util";
import { parseJsonOutput } from "./wrangler-output.ts";

/** What a call of wrangler printed. */
export interface Printed {
  /** Standard output. */
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** `{ text, notes: [{ text }] }`, as wrangler writes its errors with --json; a text alone; a list of results. */
function listTexts(output: unknown): string[] {
  if (typeof output === "string") return [output];
  if (Array.isArray(output)) return output.flatMap(listTexts);
  if (typeof output !== "object" || output === null) return [];
  const { text, notes, error, errors, message } = output as Record<string, unknown>;
  return [text, message, error, errors, notes].flatMap(listTexts);
}

const boring =
  /^(?:You can also download your export from|Logs were written to|If you think this is a bug|Resource location:|Use --remote if|Note: if the execution)/;

/** An address with a signature opens a dump to whoever reads it. */
const hideSignatures = (text: string): string =>
  text.replace(/(https?:\/\/[^\s?#]+)[?#]\S*/g, "$1?…");

function listPlain(text: string): string[] {
  return hideSignatures(stripVTControlCharacters(text))
    .split("\n")
    .map((line) => line.replace(/^\W*\[?(?:ERROR|WARNING)\]?\s*/, "").replace(/^[\s🪵│├╰]+/u, ""))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !boring.test(line));
}

/** True when wrangler's JSON error holds notes and no text: it does not know the reason. */
export function isWithoutReason({ lines }: Printed): boolean {
  const output = parseJsonOutput(lines);
  if (typeof output !== "object" || output === null || !("error" in output)) return false;
  const { error } = output;
  return typeof error === "object" && error !== null && "notes" in error && !("text" in error);
}

/**
 * What wrangler said about its failure: its JSON error when there is one, else what it printed on standard error,
 * else the end of standard output. May hold row values.
 */
export function listWords({ lines, stderr }: Printed): string[] {
  const texts = listTexts(parseJsonOutput(lines)).flatMap(listPlain);
  const words = listPlain(stderr);
  if (texts.length + words.length > 0) return [...texts, ...words];
  return listPlain(lines.slice(-20).join("\n"));
}
