import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { batchBytes, limits } from "../cloudflare/limits.ts";
import { quoteIdentifier } from "../cloudflare/identifier.ts";
import { readSql } from "../engine/sql-file.ts";
import {
  listMigrations,
  listProductRows,
  type ProductOptions,
  type ProductRow,
  type ProductValue,
} from "./workspaces-product.ts";

/** What `wrangler d1 migrations apply` makes before the first migration. */
const migrationsTable = `CREATE TABLE d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);`;

/** v1's schema, as its migrations made it: SQL text of many statements. */
export const writeProductSchema = (options: ProductOptions): string =>
  [
    migrationsTable,
    ...listMigrations(options).map((name) => readSql(`demo/d1-workspaces/v1/${name}`)),
  ].join("\n");

const writeValue = (value: ProductValue): string => {
  if (value === null) return "NULL";
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
};

const writeTuple = ({ values }: ProductRow): string =>
  `(${Object.values(values).map(writeValue).join(",")})`;

const writeHead = ({ table, values }: ProductRow): string =>
  `INSERT INTO ${quoteIdentifier(table)} (${Object.keys(values).map(quoteIdentifier).join(", ")}) VALUES\n`;

/** INSERTs of many rows, each at most 18,000 bytes; a longer row goes in alone, in pieces that are put together. */
export function* listBatchedStatements(rows: Iterable<ProductRow>): Generator<string> {
  let table = "";
  let head = "";
  let batch: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    const tuple = writeTuple(row);
    const length = Buffer.byteLength(tuple) + 2;
    const isLong = length + 1000 > limits.statement;
    if (batch.length > 0 && (row.table !== table || isLong || bytes + length > batchBytes)) {
      yield `${head}${batch.join(",\n")};`;
      batch = [];
    }
    if (isLong) {
      yield* listPieces(row);
      continue;
    }
    if (batch.length === 0) {
      table = row.table;
      head = writeHead(row);
      bytes = Buffer.byteLength(head);
    }
    batch.push(tuple);
    bytes += length;
  }
  if (batch.length > 0) yield `${head}${batch.join(",\n")};`;
}

const pieceCharacters = 4000;

/** A row with its longest text empty, then that text, appended piece by piece. Its key is its first column. */
function* listPieces(row: ProductRow): Generator<string> {
  const entries = Object.entries(row.values);
  const [column, text] = entries.reduce((longest, entry) =>
    String(entry[1]).length > String(longest[1]).length ? entry : longest,
  );
  const [key, id] = entries[0] ?? ["id", null];
  const shortened: ProductRow = { ...row, values: { ...row.values, [column]: "" } };
  yield `${writeHead(shortened)}${writeTuple(shortened)};`;
  const name = quoteIdentifier(column);
  const where = `${quoteIdentifier(key)} = ${writeValue(id)}`;
  for (const piece of cutText(String(text)))
    yield `UPDATE ${quoteIdentifier(row.table)} SET ${name} = ${name} || ${writeValue(piece)} WHERE ${where};`;
}

/** Never between the two halves of a character beyond the basic plane. */
function* cutText(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const next = start + pieceCharacters;
    const isHigh = (text.charCodeAt(next - 1) & 0xfc00) === 0xd800;
    const end = isHigh ? next + 1 : next;
    yield text.slice(start, end);
    start = end;
  }
}

/** Schema and all rows in batches, as `wrangler d1 execute --file` takes them quickest. */
export async function writeProductFile(options: ProductOptions, file: string): Promise<void> {
  await writeStatements(file, [
    writeProductSchema(options),
    listBatchedStatements(listProductRows(options)),
  ]);
}

async function writeStatements(
  file: string,
  [schema, statements]: readonly [string, Iterable<string>],
): Promise<void> {
  const output = createWriteStream(file);
  output.write(`${schema}\n`);
  for (const statement of statements)
    if (!output.write(`${statement}\n`)) await once(output, "drain");
  output.end();
  await once(output, "finish");
}
