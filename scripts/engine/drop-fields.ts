const tab = 0x09;
const newline = 0x0a;

/**
 * Leaves out fields of tab-separated lines, across chunk borders. For the text format of COPY, in which a tab or
 * a newline inside a value is always written as an escape, so that the bytes 9 and 10 are only separators.
 */
export class DropFields {
  readonly #skipped: ReadonlySet<number>;
  #field = 0;
  #written = 0;

  /** @param skipped zero-based fields that are left out */
  constructor(skipped: readonly number[]) {
    this.#skipped = new Set(skipped);
  }

  push(chunk: Buffer): Buffer {
    const out = Buffer.allocUnsafe(chunk.length + 1);
    let length = 0;
    let start = 0;
    const copy = (end: number): void => {
      if (this.#skipped.has(this.#field)) return;
      length += chunk.copy(out, length, start, end);
    };
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index];
      if (byte !== tab && byte !== newline) continue;
      copy(index);
      start = index + 1;
      if (byte === newline) {
        this.#field = 0;
        this.#written = 0;
        out[length++] = newline;
        continue;
      }
      if (!this.#skipped.has(this.#field)) this.#written += 1;
      this.#field += 1;
      // the separator belongs before a kept field that is not the first kept one
      if (!this.#skipped.has(this.#field) && this.#written > 0) out[length++] = tab;
    }
    copy(chunk.length);
    return out.subarray(0, length);
  }
}
