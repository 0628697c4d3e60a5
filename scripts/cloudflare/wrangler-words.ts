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
  /^(?:Logs were written to|If you think this is a bug|Resource location:|Use --remote if|Note: if the execution)/;

function listPlain(text: string): string[] {
  return stripVTControlCharacters(text)
    .split("\n")
    .map((line) => line.replace(/^\W*\[?(?:ERROR|WARNING)\]?\s*/, "").replace(/^[\s🪵│├╰]+/u, ""))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !boring.test(line));
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
