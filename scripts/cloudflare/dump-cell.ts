import { textCell, type Cell, type RawText } from "./cell.ts";

/**
 * Text that a dump wrote as replace(…,'\n',char(10)) and whose markers can be read in more than one way: a real newline
 * and a backslash with an n look alike. (With a single marker there is no doubt; then the reader gives plain text.)
 */
export class FoldedText {
  /** As it stands in the literal: every newline is a backslash and an n. */
  readonly text: string | RawText;
  /** `\n` stands for newlines. */
  readonly hasNewlines: boolean;
  /** `\r` stands for carriage returns. */
  readonly hasReturns: boolean;

  constructor(text: string | RawText, hasNewlines: boolean, hasReturns: boolean) {
    this.text = text;
    this.hasNewlines = hasNewlines;
    this.hasReturns = hasReturns;
  }

  /** What SQLite makes of it: every marker becomes a newline. Right when the original had none of its own. */
  unfold(): string | RawText {
    if (typeof this.text === "string") return this.#replace(this.text);
    return textCell(Buffer.from(this.#replace(this.text.bytes.toString("latin1")), "latin1"));
  }

  #replace(text: string): string {
    const returned = this.hasReturns ? text.replaceAll("\\r", "\r") : text;
    return this.hasNewlines ? returned.replaceAll("\\n", "\n") : returned;
  }
}

/** A value as a dump tells it. */
export type DumpCell = Cell | FoldedText;

const holdsTwice = (text: string, marker: string): boolean => {
  const first = text.indexOf(marker);
  return first !== -1 && text.includes(marker, first + marker.length);
};

/** Plain text when there is one reading only, else folded text. */
export function readFolded(
  text: string | RawText,
  hasNewlines: boolean,
  hasReturns: boolean,
): string | RawText | FoldedText {
  const folded = new FoldedText(text, hasNewlines, hasReturns);
  const written = typeof text === "string" ? text : text.bytes.toString("latin1");
  const isAmbiguous =
    (hasNewlines && holdsTwice(written, "\\n")) || (hasReturns && holdsTwice(written, "\\r"));
  return isAmbiguous ? folded : folded.unfold();
}

/**
 * Text as wrangler's exporter writes it, without quotes: a text with a newline loses the difference to `\n`. The inverse
 * question to `unfold`: is this the text that the dump tells of?
 */
export function foldText(text: string): string {
  const returned = text.includes("\r") ? text.replaceAll("\r", "\\r") : text;
  return returned.includes("\n") ? returned.replaceAll("\n", "\\n") : returned;
}
