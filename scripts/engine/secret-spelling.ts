/** One way in which a character of a secret may stand in a text. */
interface Spelling {
  /** Lower case when `anyCase`. */
  readonly text: string;
  /** Hexadecimal digits, of which both cases are written. */
  readonly anyCase: boolean;
}

/** A secret, character by character, with all spellings of each. */
export type SpelledSecret = readonly (readonly Spelling[])[];

/** Where a secret ends that begins at a given place in a text. */
export interface SecretMatch {
  /** Exclusive; -1 when the secret does not stand there. */
  readonly end: number;
  /** The text ended while the secret, or a longer spelling of it, could have gone on. */
  readonly cut: boolean;
}

const asJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Quoted and escaped by shells, connection strings, password files and SQL literals. */
function listQuotedSpellings(character: string): string[] {
  const escaped = /^[^A-Za-z0-9\s]$|^ $/u.test(character) ? [`\\${character}`] : [];
  if (character === "'") return [...escaped, "''", `'\\''`, `'"'"'`];
  if (character === '"') return [...escaped, '""'];
  if (character === " ") return [...escaped, "+"];
  return escaped;
}

const listHexSpellings = (character: string): string[] => [
  Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  Array.from(
    { length: character.length },
    (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`,
  ).join(""),
];

function listSpellings(character: string): Spelling[] {
  const isLoneSurrogate = /^[\ud800-\udfff]$/.test(character);
  const plain = [
    character,
    ...listQuotedSpellings(character),
    ...(isLoneSurrogate ? ["\ufffd"] : []),
  ];
  const texts = new Set(plain.flatMap((text) => [text, asJson(text), asJson(asJson(text))]));
  return [
    ...Array.from(texts, (text) => ({ text, anyCase: false })),
    ...listHexSpellings(character).map((text) => ({ text, anyCase: true })),
  ];
}

/** All spellings of a secret: raw, percent-encoded wholly or in part, JSON-escaped (twice), quoted for shells and SQL. */
export const spellSecret = (secret: string): SpelledSecret => Array.from(secret, listSpellings);

/** The code units with which a spelling of the secret can begin. */
export const listFirstUnits = (secret: SpelledSecret): string[] => [
  ...new Set((secret[0] ?? []).map((spelling) => spelling.text.charAt(0))),
];

function fitSpelling(spelling: Spelling, text: string, start: number): "whole" | "cut" | "not" {
  const piece = text.slice(start, start + spelling.text.length);
  const compared = spelling.anyCase ? piece.toLowerCase() : piece;
  if (compared === spelling.text) return "whole";
  return piece.length < spelling.text.length && spelling.text.startsWith(compared) ? "cut" : "not";
}

/**
 * Looks for a secret at one place, in any mixture of spellings, the longest. All ways through the spellings are
 * followed side by side: a regular expression would try them one after the other, and a run of quotes or
 * backslashes has exponentially many.
 */
export function matchSecret(secret: SpelledSecret, text: string, start: number): SecretMatch {
  let ends = new Set([start]);
  let cut = false;
  for (const spellings of secret) {
    const next = new Set<number>();
    for (const end of ends) {
      for (const spelling of spellings) {
        const fit = fitSpelling(spelling, text, end);
        if (fit === "whole") next.add(end + spelling.text.length);
        cut ||= fit === "cut";
      }
    }
    if (next.size === 0) return { end: -1, cut };
    ends = next;
  }
  return { end: Math.max(...ends), cut };
}
