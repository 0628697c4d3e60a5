/**
 * The JSON document that wrangler printed with --json. Spinners write lines of their own before it, whatever was
 * asked for, and an error message may follow it.
 * @returns undefined when there is none
 */
export function parseJsonOutput(lines: readonly string[]): unknown {
  const start = lines.findIndex((line) => /^[[{]/.test(line));
  if (start === -1) return undefined;
  for (let end = lines.length; end > start; end -= 1) {
    if (!/[\]}]\s*$/.test(lines[end - 1] ?? "")) continue;
    try {
      return JSON.parse(lines.slice(start, end).join("\n"));
    } catch {
      // what follows the document is no JSON: look for its end further up
    }
  }
  return undefined;
}

/** What `d1 execute --json` answered for one statement (local), one query or one file (remote). */
export interface StatementResult {
  readonly results?: readonly Readonly<Record<string, unknown>>[];
  readonly success: boolean;
}

/** @returns undefined when the output holds no list of results */
export function parseResults(output: unknown): readonly StatementResult[] | undefined {
  // checked by hand: a schema would copy 100,000 rows
  const looksRight =
    Array.isArray(output) &&
    output.every(
      (item: unknown) =>
        typeof item === "object" &&
        item !== null &&
        "success" in item &&
        typeof item.success === "boolean" &&
        (!("results" in item) || Array.isArray(item.results)),
    );
  return looksRight ? (output as StatementResult[]) : undefined;
}
