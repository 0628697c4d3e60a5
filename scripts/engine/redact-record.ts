import { mask, redact } from "./redact.ts";

/** Movebook's own words: masking a part of them, because a password is the same word, would change the run. */
const ownWords = new Set([
  "at",
  "type",
  "run",
  "runbook",
  "environment",
  "steps",
  "step",
  "how",
  "outcome",
  "verb",
  "key",
  "movebook",
]);
/** What a later call reads again and works with. */
const readAgain = new Set(["value", "identity", "params"]);

/** What stands in the text where the redacted text has a mask. */
function listMasked(text: string, redacted: string): string[] {
  const [first = "", ...pieces] = redacted.split(mask);
  let at = first.length;
  return pieces.map((piece, index) => {
    const last = index === pieces.length - 1;
    const end = last ? text.length - piece.length : text.indexOf(piece, at);
    const masked = text.slice(at, end);
    at = end + piece.length;
    return masked;
  });
}

const plainWord = /^[a-z]{4,12}$/;

/**
 * Masks secrets in what is read again, except those that are a plain word: a password such as `demo` is also a
 * part of paths and names, and a later step needs those as they were.
 */
function redactReadAgain(text: string): string {
  const redacted = redact(text);
  return listMasked(text, redacted).every((masked) => plainWord.test(masked)) ? text : redacted;
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]),
  );
}

/** A record as it is written: plain JSON, in which every text that may hold a secret is redacted. */
export function redactRecord(entry: object): Record<string, unknown> {
  const plain = JSON.parse(JSON.stringify(entry)) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(plain).map(([key, value]) => {
      if (ownWords.has(key)) return [key, value];
      return [key, mapTexts(value, readAgain.has(key) ? redactReadAgain : redact)];
    }),
  );
}
