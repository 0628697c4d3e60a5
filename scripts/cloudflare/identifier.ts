/** An identifier as it may stand in any statement of SQLite: always quoted. The one place where that is done. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
