/** The JSON that has to be merged into the decisions file, on one line. "<…>" has to be replaced: a reason like that is refused. */
const line = (json: unknown): string => JSON.stringify(json);

const why = "<why>";

const named = (table: string, column: string): string => `${table}.${column}`;

export const leaveOutTableLine = (table: string): string =>
  line({ leaveOut: { tables: { [table]: { reason: why } } } });

export const leaveOutColumnLine = (table: string, column: string): string =>
  line({ leaveOut: { columns: { [named(table, column)]: { reason: why } } } });

/** @param choice what the value may be, for a person to choose from: "<admin | editor>" */
export const fillLine = (table: string, column: string, choice: string): string =>
  line({ fill: { [named(table, column)]: { value: choice, reason: why } } });

export const fillColumnLine = (table: string, column: string, from: string): string =>
  line({ fill: { [named(table, column)]: { column: from, reason: why } } });

export const mapLine = (
  table: string,
  column: string,
  values: readonly string[],
  choice: string,
): string =>
  line({
    map: {
      [named(table, column)]: {
        values: Object.fromEntries(values.map((value) => [value, choice])),
        reason: why,
      },
    },
  });

export const refusedLine = (table: string, column: string, choice: string): string =>
  line({ map: { [named(table, column)]: { refused: choice, reason: why } } });

export const orphansLine = (table: string, column: string, how: "leaveOut" | "setNull"): string =>
  line({ orphans: { [named(table, column)]: { [how]: true, reason: why } } });
