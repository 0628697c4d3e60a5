import { listFirstUnits, matchSecret, spellSecret, type SpelledSecret } from "./secret-spelling.ts";

/** What stands in the place of a secret. */
export const mask = "[secret]";

/** A stretch of text to mask: `start` inclusive, `end` exclusive; `from` is where the words begin that give it away. */
interface Span {
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

/** A redactor for a stream; texts in, redacted texts out, in the same order. */
export interface Redactor {
  /** Takes the next chunk, gives what can be told apart from a secret by now. */
  readonly push: (chunk: string) => string;
  /** Gives the rest at the end of the stream. */
  readonly flush: () => string;
}

const shortestRedacted = 4;
/** A text without blanks that is longer than this holds no password; it is not kept back for the end of the word. */
const longestWord = 8_192;

const userinfoPattern = /:(?:\\?\/){2}[^\s:@/?#"]*:((?:\\"|[^\s"]){0,2000})@/dg;
const passwordPattern =
  /password[ \t]*=[ \t]*('(?:\\.|[^'\\\n])*'?|"(?:\\.|[^"\\\n])*"?|(?:\\.|[^\s"\\])+)/dgi;
const unfinishedPassword =
  /password[ \t]*(?:=[ \t]*(?:'(?:\\.|[^'\\\n])*\\?|"(?:\\.|[^"\\\n])*\\?|(?:\\.|[^\s"\\])*\\?))?$/i;

const secrets = new Set<string>();
const secretsByFirstUnit = new Map<string, SpelledSecret[]>();

/**
 * Makes every sink mask this value from now on. Values of less than four characters are not remembered: masking
 * `a` wherever it stands would make the output unreadable and tell the value besides. Such a password is still
 * masked where it stands as one, in `://user:password@` and `password=…`.
 */
export function registerSecret(value: string): void {
  if (value.length < shortestRedacted || secrets.has(value)) return;
  secrets.add(value);
  const spelled = spellSecret(value);
  for (const unit of listFirstUnits(spelled)) {
    secretsByFirstUnit.set(unit, [...(secretsByFirstUnit.get(unit) ?? []), spelled]);
  }
}

/** Forgets all registered secrets. For tests only. */
export function forgetSecrets(): void {
  secrets.clear();
  secretsByFirstUnit.clear();
}

/** Registered secrets in a text, and the first place where one may begin that the end of the text cuts off. */
function findSecrets(text: string): { spans: Span[]; cutAt: number } {
  const spans: Span[] = [];
  let cutAt = text.length;
  for (let start = 0; start < text.length; start += 1) {
    for (const secret of secretsByFirstUnit.get(text.charAt(start)) ?? []) {
      const match = matchSecret(secret, text, start);
      if (match.end > start) spans.push({ from: start, start, end: match.end });
      if (match.cut) cutAt = Math.min(cutAt, start);
    }
  }
  return { spans, cutAt };
}

/** Passwords that are known by the words around them only. */
function findPasswords(text: string): Span[] {
  return [userinfoPattern, passwordPattern].flatMap((pattern) =>
    Array.from(text.matchAll(pattern), (match) => {
      const [start, end] = match.indices?.[1] ?? [match.index, match.index];
      return { from: match.index, start, end };
    }),
  );
}

/** Masks the spans; spans that overlap become one, so that no tail of the second one is left over. */
function maskSpans(text: string, spans: readonly Span[]): string {
  let masked = "";
  let done = 0;
  let lastEnd = -1;
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    if (span.start === span.end) continue;
    if (span.start >= lastEnd) masked += text.slice(done, span.start) + mask;
    lastEnd = Math.max(lastEnd, span.end);
    done = lastEnd;
  }
  return masked + text.slice(done);
}

/** Masks registered secrets in all their spellings, and passwords that stand in a URL or after `password=`. */
export const redact = (text: string): string =>
  maskSpans(text, [...findSecrets(text).spans, ...findPasswords(text)]);

function findLastWord(text: string): number {
  let start = text.length;
  while (start > 0 && !/\s/.test(text.charAt(start - 1))) start -= 1;
  return text.length - start > longestWord ? text.length : start;
}

/** How much of a stream's text can be told apart from secrets whatever follows. */
function findSettledEnd(text: string, spans: readonly Span[], cutAt: number): number {
  const unfinished = unfinishedPassword.exec(text)?.index ?? text.length;
  let end = Math.min(
    cutAt,
    findLastWord(text),
    text.length - unfinished > longestWord ? text.length : unfinished,
  );
  for (let crossing: Span | undefined; ; end = crossing.from) {
    const border = end;
    crossing = spans.find((span) => span.from < border && border < span.end);
    if (crossing === undefined) return end;
  }
}

/**
 * A redactor for output that arrives in chunks: a secret that is cut anywhere never passes. The output lags by
 * what may still become a secret: the longest spelling, and the last word without a blank after it.
 */
export function createRedactor(): Redactor {
  let kept = "";
  return {
    push: (chunk) => {
      const text = kept + chunk;
      const found = findSecrets(text);
      const spans = [...found.spans, ...findPasswords(text)];
      const end = findSettledEnd(text, spans, found.cutAt);
      kept = text.slice(end);
      return maskSpans(
        text.slice(0, end),
        spans.filter((span) => span.end <= end),
      );
    },
    flush: () => {
      const rest = redact(kept);
      kept = "";
      return rest;
    },
  };
}
