import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import { readCatalogue } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { readDriverError } from "../../postgres/errors.ts";
import { listFilled } from "../../postgres/filled-tables.ts";
import { nameKey } from "../../postgres/identifier.ts";
import { findHistories } from "../../postgres/migration-history.ts";

/** How many of v2's tables hold rows; those of extensions and migration tools do not count. */
interface Fill {
  readonly filled: number;
  readonly tables: number;
}

async function readFill(target: Database): Promise<Fill> {
  const { tables } = await readCatalogue(target);
  const histories = await findHistories(target);
  const history = new Set(histories.flatMap((one) => one.tables.map(nameKey)));
  const looked = tables.filter(
    (table) =>
      table.root === null &&
      table.extension === null &&
      table.readable &&
      !history.has(nameKey(table)),
  );
  return { filled: (await listFilled(target, looked)).length, tables: looked.length };
}

/**
 * What is seen of v2's rows, without v1 and without a journal: `17 of 17 tables hold rows`, `its tables are empty`. A
 * server that does not let us look makes it say so.
 */
export async function describeRows(context: StepContext, target: Database): Promise<string> {
  try {
    const { filled, tables } = await readFill(target);
    if (filled === 0) return `its tables are empty (${countOf(tables, "table")})`;
    return `${filled} of ${countOf(tables, "table")} ${tables === 1 ? "holds" : "hold"} rows`;
  } catch (error) {
    context.signal.throwIfAborted();
    if (readDriverError(error) === undefined) throw error;
    return "whether its tables hold rows cannot be seen: the server does not let this role look";
  }
}
