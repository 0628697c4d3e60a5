import type { Problem } from "../../engine/failure.ts";
import { findNearestName } from "../../engine/nearest-name.ts";
import type { Decisions, Fill, MapDecision, Orphan } from "./decisions.ts";

/** Paths of the file, as they are written in messages: `leaveOut.tables › views`. */
type Section = "leaveOut.tables" | "leaveOut.columns" | "map" | "fill" | "orphans";

interface Entry {
  readonly section: Section;
  readonly key: string;
  readonly reason: string;
  /** What it came to, once it was used: "12 rows". */
  effect: string | undefined;
}

const sections = (decisions: Decisions): [Section, Record<string, { reason: string }>][] => [
  ["leaveOut.tables", decisions.leaveOut.tables],
  ["leaveOut.columns", decisions.leaveOut.columns],
  ["map", decisions.map],
  ["fill", decisions.fill],
  ["orphans", decisions.orphans],
];

/** Looks decisions up, and remembers which of them were good for something. Names are compared as SQLite does it. */
export class DecisionsBook {
  readonly #decisions: Decisions;
  readonly #entries = new Map<string, Entry>();
  readonly #warnings: Problem[] = [];

  constructor(decisions: Decisions) {
    this.#decisions = decisions;
    for (const [section, entries] of sections(decisions))
      for (const [key, { reason }] of Object.entries(entries))
        this.#entries.set(`${section} ${key.toLowerCase()}`, {
          section,
          key,
          reason,
          effect: undefined,
        });
  }

  #find(section: Section, key: string): Entry | undefined {
    return this.#entries.get(`${section} ${key.toLowerCase()}`);
  }

  isTableLeftOut(table: string): boolean {
    return this.#find("leaveOut.tables", table) !== undefined;
  }

  isColumnLeftOut(table: string, column: string): boolean {
    return this.#find("leaveOut.columns", `${table}.${column}`) !== undefined;
  }

  map(table: string, column: string): MapDecision | undefined {
    const entry = this.#find("map", `${table}.${column}`);
    return entry === undefined ? undefined : this.#decisions.map[entry.key];
  }

  fill(table: string, column: string): Fill | undefined {
    const entry = this.#find("fill", `${table}.${column}`);
    return entry === undefined ? undefined : this.#decisions.fill[entry.key];
  }

  orphans(table: string, column: string): Orphan | undefined {
    const entry = this.#find("orphans", `${table}.${column}`);
    return entry === undefined ? undefined : this.#decisions.orphans[entry.key];
  }

  /** Notes that a decision had an effect; a second note is added to the first. */
  use(section: Section, key: string, effect: string): void {
    const entry = this.#find(section, key);
    if (entry === undefined) return;
    entry.effect = entry.effect === undefined ? effect : `${entry.effect}, ${effect}`;
  }

  warn(warning: Problem): void {
    this.#warnings.push(warning);
  }

  /** The decisions that had an effect, with it and with their reasons. */
  listUsed(): string[] {
    return Array.from(this.#entries.values())
      .filter(({ effect }) => effect !== undefined)
      .map(({ section, key, reason, effect }) => `${section} › ${key}: ${effect} (${reason})`);
  }

  /**
   * Decisions that matched nothing, and what else was noticed.
   * @param names tables, and columns as table.column, that there are
   */
  listWarnings(names: readonly string[]): Problem[] {
    const unused = Array.from(this.#entries.values()).filter(({ effect }) => effect === undefined);
    const warnings = unused.map(({ section, key }) => {
      const isKnown = names.some((name) => name.toLowerCase() === key.toLowerCase());
      const nearest = isKnown ? undefined : findNearestName(key, names);
      return {
        what: `the decision ${section} › ${key} matches nothing`,
        todo: nearest === undefined ? "Take it out of the file." : `Is ${nearest} meant?`,
      };
    });
    return [...warnings, ...this.#warnings];
  }
}
