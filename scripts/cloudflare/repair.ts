import type { FoldedText } from "./dump-cell.ts";

/**
 * Mends folded JSON: inside of its strings `\n` is JSON's own escape and stays, outside it was a real newline.
 *
 * Certain when the original was valid JSON: a valid JSON string holds no raw newline, and outside of strings there is no
 * backslash. So there is no answer unless the result is valid JSON and each kind of marker stands outside of a string at
 * least once (otherwise the newline that made the exporter fold stood inside of one).
 * @returns undefined when the text is not such JSON
 */
export function repairText(folded: FoldedText): string | undefined {
  if (typeof folded.text !== "string") return undefined;
  const { pieces, newlines, returns } = unfoldOutside(folded.text, folded);
  if ((folded.hasNewlines && newlines === 0) || (folded.hasReturns && returns === 0))
    return undefined;
  const text = pieces.join("");
  return isJson(text) ? text : undefined;
}

/** A string of JSON, or a marker outside of one. */
const stringOrMarker = /"(?:[^"\\]|\\[\s\S])*"?|\\[nr]/g;

function unfoldOutside(
  text: string,
  { hasNewlines, hasReturns }: FoldedText,
): { pieces: string[]; newlines: number; returns: number } {
  const pieces: string[] = [];
  let newlines = 0;
  let returns = 0;
  let from = 0;
  for (const { 0: found, index } of text.matchAll(stringOrMarker)) {
    const isNewline = found === "\\n" && hasNewlines;
    const isReturn = found === "\\r" && hasReturns;
    if (!isNewline && !isReturn) continue;
    pieces.push(text.slice(from, index), isNewline ? "\n" : "\r");
    from = index + found.length;
    if (isNewline) newlines++;
    else returns++;
  }
  pieces.push(text.slice(from));
  return { pieces, newlines, returns };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
