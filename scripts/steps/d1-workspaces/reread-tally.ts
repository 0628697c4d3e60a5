import { RawText, type Cell } from "../../cloudflare/cell.ts";
import type { Row } from "../../cloudflare/d1-database.ts";
import { FoldedText, type DumpCell } from "../../cloudflare/dump-cell.ts";
import { foldName } from "../../cloudflare/dump-table.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { bytesOf, isAmbiguous, isSurelyWrong, type Doubts } from "./reread-sql.ts";

/** Texts that were folded, or integers that may have been reals: one column can hold both. */
type TallyKind = "folded" | "untyped";

/** What is taken of a column from the dump although it is doubted. */
interface Tally {
  cells: number;
  /** Bytes of texts; the sum of the remainders of integers. */
  amount: bigint;
}

/** A question to v1, and what it should answer. */
export interface TallyQuestion {
  readonly sql: string;
  readonly isAnsweredBy: (row: Row | undefined) => boolean;
}

/** A prime: the sum of remainders overflows in no table that D1 can hold, as a sum of integers would. */
const remainderOf = 1_000_003n;

/** As the questions measure it. */
const measureCell = (cell: Cell): bigint =>
  typeof cell === "bigint"
    ? cell % remainderOf
    : BigInt(cell instanceof RawText ? cell.bytes.length : Buffer.byteLength(String(cell)));

const selectTally = (amount: string): string =>
  `SELECT count(*) AS cells, CAST(coalesce(sum(${amount}), 0) AS TEXT) AS amount`;

/** SQL of one tally; its `amount` is a text, because JSON rounds integers. */
function buildTallyQuery(kind: TallyKind, column: string, doubts: Doubts): string {
  const name = quoteIdentifier(column);
  const rest = `FROM ${quoteIdentifier(doubts.shape.name)} WHERE NOT ${isSurelyWrong(doubts)}`;
  return kind === "folded"
    ? `${selectTally(bytesOf(name))} ${rest} AND ${isAmbiguous(name)}`
    : `${selectTally(`${name} % ${remainderOf}`)} ${rest} AND typeof(${name}) = 'integer'`;
}

/**
 * Counts what is taken from the dump of a table although it is doubted, to compare it with v1: a row that was changed
 * after the export would make a difference.
 */
export class TableTallies {
  readonly #doubts: Doubts;
  readonly #tallies: Readonly<Record<TallyKind, ReadonlyMap<string, Tally>>>;

  constructor(doubts: Doubts) {
    this.#doubts = doubts;
    const begin = (columns: readonly string[]): ReadonlyMap<string, Tally> =>
      new Map(columns.map((column) => [foldName(column), { cells: 0, amount: 0n }]));
    this.#tallies = { folded: begin(doubts.folded), untyped: begin(doubts.untyped) };
  }

  /**
   * @param names folded names of the row's columns
   * @param before the row in the dump
   * @param after what was made of it
   */
  add(names: readonly string[], before: readonly DumpCell[], after: readonly Cell[]): void {
    for (const [at, cell] of after.entries()) {
      const tally = this.#find(names[at]!, before[at], cell);
      if (tally === undefined) continue;
      tally.cells++;
      tally.amount += measureCell(cell);
    }
  }

  #find(name: string, before: DumpCell | undefined, after: Cell): Tally | undefined {
    if (before instanceof FoldedText) return this.#tallies.folded.get(name);
    return typeof after === "bigint" ? this.#tallies.untyped.get(name) : undefined;
  }

  /** One a kind and column. */
  listQuestions(): TallyQuestion[] {
    const ask = (kind: TallyKind) => (column: string) => {
      const expected = this.#tallies[kind].get(foldName(column))!;
      return {
        sql: buildTallyQuery(kind, column, this.#doubts),
        isAnsweredBy: (row: Row | undefined): boolean =>
          row?.["cells"] === expected.cells && row["amount"] === expected.amount.toString(),
      };
    };
    return [...this.#doubts.folded.map(ask("folded")), ...this.#doubts.untyped.map(ask("untyped"))];
  }
}
