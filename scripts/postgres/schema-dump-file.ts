import { appendFileSync, closeSync, openSync, renameSync, rmSync } from "node:fs";
import { lastLine, startsUserMapping, StatementEnd } from "./schema-dump-text.ts";
import type { SchemaDumpScope } from "./schema-dump.ts";

const firstLine = "-- movebook: schema dump ";
const flushAt = 1 << 16;

/**
 * Writes what pg_dump prints into a file of mode 0600, line by line, without the lines of `\restrict` with its random
 * key, and without the options of user mappings: those are passwords. The first line holds the scope.
 */
export class SchemaDumpFile {
  readonly #file: string;
  readonly #partial: string;
  readonly #handle: number;
  #pending = "";
  #key: string | undefined;
  #isComplete = false;
  #mapping: StatementEnd | undefined;
  #last = "";
  #error: unknown;

  constructor(file: string, scope: SchemaDumpScope) {
    this.#file = file;
    this.#partial = `${file}.partial`;
    rmSync(this.#partial, { force: true });
    this.#handle = openSync(this.#partial, "wx", 0o600);
    this.#write(`${firstLine}${JSON.stringify(scope)}`);
  }

  /** A line as pg_dump printed it, without its end. */
  readonly take = (line: string): void => {
    if (this.#error !== undefined || this.#isRestriction(line)) return;
    try {
      this.#write(this.#mask(line));
    } catch (error) {
      // nobody could catch it where lines come from
      this.#error = error;
    }
    if (line === lastLine) this.#isComplete = true;
    if (line !== "" && line !== "--") this.#last = line;
  };

  // only the key of the first such line: a function's text may hold lines that look the same
  #isRestriction(line: string): boolean {
    const [, key] = /^\\(?:un)?restrict (\w+)$/.exec(line) ?? [];
    if (key === undefined) return false;
    this.#key ??= key;
    return key === this.#key;
  }

  #mask(line: string): string | undefined {
    if (this.#mapping !== undefined) {
      if (this.#mapping.isIn(line)) this.#mapping = undefined;
      return undefined;
    }
    if (!startsUserMapping(this.#last, line)) return line;
    const end = new StatementEnd();
    if (!end.isIn(line)) this.#mapping = end;
    return line.replace(/ OPTIONS \($/, " OPTIONS (kept out of this file);");
  }

  #write(line: string | undefined): void {
    if (line === undefined) return;
    this.#pending += `${line}\n`;
    if (this.#pending.length > flushAt) this.#flush();
  }

  #flush(): void {
    // not writeSync: on a full disk that writes a part and says nothing
    appendFileSync(this.#handle, this.#pending);
    this.#pending = "";
  }

  /** Keeps the file; without it there is none. @throws Error when it could not be written, or pg_dump did not print to its end */
  keep(): void {
    if (this.#error !== undefined) throw this.#error;
    if (!this.#isComplete)
      throw new Error("pg_dump ended before its dump of the schema was complete");
    this.#flush();
    renameSync(this.#partial, this.#file);
  }

  /** Closes it; what was not kept is removed. Once, whatever happened. */
  close(): void {
    closeSync(this.#handle);
    rmSync(this.#partial, { force: true });
  }
}

/** A dump of a schema as a file holds it. */
export interface KeptSchemaDump {
  readonly scope: SchemaDumpScope;
  /** Everything after the scope. */
  readonly text: string;
}

/** Reads what a SchemaDumpFile wrote. @throws Error when the text is no such file, or was cut */
export function readSchemaDump(text: string): KeptSchemaDump {
  const end = text.indexOf("\n");
  const first = text.slice(0, end);
  if (!first.startsWith(firstLine) || !text.includes(`\n${lastLine}\n`))
    throw new Error("this is no complete schema dump of movebook's");
  const scope = JSON.parse(first.slice(firstLine.length)) as SchemaDumpScope;
  return { scope, text: text.slice(end + 1) };
}
