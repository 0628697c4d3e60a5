/** A token of SQL. `name`: a quoted identifier; `word`: a keyword or an identifier without quotes. */
export interface Token {
  readonly kind: "word" | "name" | "text" | "number" | "symbol" | "end";
  /** Without quotes; doubled ones are single. */
  readonly text: string;
  /** Byte offsets; `end` exclusive. */
  readonly start: number;
  readonly end: number;
}

const closers: Readonly<Record<string, string>> = { "'": "'", '"': '"', "`": "`", "[": "]" };
const pattern =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[A-Za-z_\x80-\xff$][\w\x80-\xff$]*|\.?\d[\w.]*|[\s\S]/y;

/** Reads tokens one by one from a statement's bytes; white space and comments are left out. */
export class TokenReader {
  readonly #text: string;
  #at: number;

  /** `limit`: bytes to look at. What is read must end before it. */
  constructor(sql: Buffer, at = 0, limit = sql.length) {
    // One character a byte, so that offsets are bytes; texts are decoded when they are handed out.
    this.#text = sql.toString("latin1", 0, limit);
    this.#at = at;
  }

  next(): Token {
    for (;;) {
      pattern.lastIndex = this.#at;
      const found = pattern.exec(this.#text)?.[0];
      if (found === undefined) return { kind: "end", text: "", start: this.#at, end: this.#at };
      const start = this.#at;
      this.#at += found.length;
      if (/^(?:\s|--|\/\*)/.test(found)) continue;
      return this.#token(found, start);
    }
  }

  peek(): Token {
    const at = this.#at;
    const token = this.next();
    this.#at = at;
    return token;
  }

  #token(found: string, start: number): Token {
    const closer = found.length === 1 ? closers[found] : undefined;
    if (closer !== undefined) return this.#quoted(found, closer, start);
    const text = Buffer.from(found, "latin1").toString("utf8");
    const kind = /^[A-Za-z_\x80-\xff$]/.test(found)
      ? "word"
      : /^\.?\d/.test(found)
        ? "number"
        : "symbol";
    return { kind, text, start, end: this.#at };
  }

  #quoted(opener: string, closer: string, start: number): Token {
    const canDouble = opener === closer;
    const end = canDouble ? this.#findCloser(closer) : this.#text.indexOf(closer, this.#at);
    return this.#inner(opener, canDouble, start, end === -1 ? this.#text.length : end);
  }

  /** Doubled quotes belong to the text. */
  #findCloser(closer: string): number {
    let end = this.#text.indexOf(closer, this.#at);
    while (end !== -1 && this.#text[end + 1] === closer) end = this.#text.indexOf(closer, end + 2);
    return end;
  }

  #inner(opener: string, canDouble: boolean, start: number, end: number): Token {
    const quoted = this.#text.slice(start + 1, end);
    const inner = canDouble ? quoted.replaceAll(opener + opener, opener) : quoted;
    this.#at = Math.min(end + 1, this.#text.length);
    const text = Buffer.from(inner, "latin1").toString("utf8");
    return { kind: opener === "'" ? "text" : "name", text, start, end: this.#at };
  }
}

/** The token is this keyword. */
export const isWord = (token: Token, ...words: readonly string[]): boolean =>
  token.kind === "word" && words.includes(token.text.toUpperCase());

export const isSymbol = (token: Token, symbol: string): boolean =>
  token.kind === "symbol" && token.text === symbol;
