import type { Command, Part } from "../../engine/command.ts";
import type { Redirects } from "../../engine/conversation.ts";
import { failed } from "../../engine/failure.ts";
import type { Screen } from "../../engine/screen.ts";
import type { Database } from "../../postgres/database.ts";
import { backendPrefix, loadedPrefix, structurePrefix } from "../../postgres/load-parts.ts";
import { compareStructures } from "../../postgres/structure-differences.ts";
import { buildStructure, structureQuestions } from "../../postgres/structure.ts";
import { countOf, sizeOf } from "../../engine/wording.ts";

const listFiles = (parts: readonly Part[]) =>
  parts.flatMap(({ input }) => input.flatMap((one) => ("file" in one ? [one] : [])));

const addsKey = ({ input }: Part): boolean =>
  input.some((one) => "text" in one && one.text.includes(" add constraint "));

/** `2 min 5 s`. */
function formatLeft(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * Follows an import: prints the seed's four parts, keeps rows, bytes and time left, and vetoes the commit when the
 * server took another number of rows than the dump holds or the structure is not what it was.
 */
export class ImportWatch implements Redirects {
  readonly #screen: Screen;
  readonly #totalBytes: number;
  readonly #totalRows: number;
  readonly #expected: number[];
  readonly #looks: unknown[] = [];
  readonly #began = performance.now();
  readonly #keys: number;
  #key = 0;
  #bytes = 0;
  #rows = 0;
  #tableRows = 0;
  #backend: string | undefined;
  #group: string | undefined;
  #phase = "waiting for locks";

  constructor(screen: Screen, command: Command, expectedRows: readonly number[]) {
    this.#screen = screen;
    this.#totalBytes = listFiles(command.parts ?? []).reduce(
      (sum, { start, end }) => sum + end - start,
      0,
    );
    this.#totalRows = expectedRows.reduce((sum, rows) => sum + rows, 0);
    this.#expected = [...expectedRows];
    this.#keys = (command.parts ?? []).filter(addsKey).length;
  }

  readonly onPart = (part: Part): void => {
    if (part.title === undefined) {
      if (addsKey(part)) this.#showKey();
      return;
    }
    this.endGroup();
    this.#screen.settle();
    this.#screen.line();
    this.#screen.line(part.title);
    this.#screen.event("part", { title: part.title });
    // what is left to another step was not done here
    this.#group = part.title.includes("(left to ")
      ? undefined
      : part.title.replace(/^Step \d\/\d: /, "").replace(/ \(.*$/s, "");
    this.#phase = this.#group ?? "comparing";
    this.show();
  };

  #showKey(): void {
    this.#key += 1;
    this.#phase = `restoring and checking foreign key ${this.#key} of ${this.#keys}`;
    this.show();
  }

  /** Prints that the part that runs has completed; the last one after the commit. */
  endGroup(): void {
    this.#screen.settle();
    if (this.#group !== undefined) this.#screen.good(`${this.#group} completed`);
    this.#group = undefined;
  }

  readonly onBytes = (bytes: number): void => {
    this.#bytes = bytes;
  };

  readonly onLine = (line: string): void => {
    if (line.startsWith(backendPrefix)) this.#backend = line.slice(backendPrefix.length);
    if (line.startsWith(loadedPrefix)) this.#takeLoaded(Number(line.slice(loadedPrefix.length)));
    if (line.startsWith(structurePrefix))
      this.#takeLook(JSON.parse(line.slice(structurePrefix.length)));
  };

  #takeLoaded(rows: number): void {
    const expected = this.#expected.shift();
    if (!Number.isSafeInteger(rows))
      throw failed("psql did not say how many rows the server took; nothing was committed");
    this.#rows += rows;
    this.#tableRows = 0;
    if (rows === expected) return;
    throw failed("the server took another number of rows than the dump holds", [
      { what: `${countOf(rows, "row")} taken, ${countOf(expected ?? 0, "row")} in the dump` },
    ]);
  }

  // an answer to each question before, and one after
  #takeLook(answer: unknown): void {
    this.#looks.push(answer);
    const count = structureQuestions.length;
    if (this.#looks.length < 2 * count) return;
    const differences = compareStructures(
      buildStructure(this.#looks.slice(0, count)),
      buildStructure(this.#looks.slice(count, 2 * count)),
    );
    if (differences.length === 0) return;
    throw failed(
      "v2's structure is not what it was; nothing was committed",
      differences.map((what) => ({ what })),
    );
  }

  /** Asks the server from a second session how many rows of the present COPY it has taken. */
  async poll(observer: Database): Promise<void> {
    if (this.#backend === undefined) return;
    const [row] = await observer.ask<{ rows: string }>("postgres/count-copied-rows", [
      this.#backend,
    ]);
    this.#tableRows = Number(row?.rows ?? 0);
    this.show();
  }

  show(): void {
    const rows = Math.min(this.#rows + this.#tableRows, this.#totalRows);
    const share = this.#totalBytes === 0 ? 1 : this.#bytes / this.#totalBytes;
    const elapsed = (performance.now() - this.#began) / 1_000;
    const left =
      share > 0.02 && share < 1
        ? `, about ${formatLeft((elapsed / share) * (1 - share))} left`
        : "";
    const loading = this.#phase.startsWith("Import");
    const text = loading
      ? `${rows.toLocaleString("en-US")} of ${countOf(this.#totalRows, "row")}, ${sizeOf(this.#bytes)} of ${sizeOf(this.#totalBytes)} (${Math.floor(share * 100)} %)${left}`
      : this.#phase;
    this.#screen.progress(text, {
      rows,
      totalRows: this.#totalRows,
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
    });
  }
}
