import { z } from "zod";
import { type Problem, refused } from "../engine/failure.ts";
import { readSql } from "../engine/sql-file.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { D1Database, Row } from "./d1-database.ts";
import { type ImportManifest, hashImportManifest } from "./import-manifest.ts";
import { piecesTable } from "./import-piece.ts";
import { writeLiteral } from "./sql-literal.ts";

/** The tables that v2 holds while it is filled; they are dropped when the move is over or taken back. */
export const ledgerTables = ["movebook_import", "movebook_parts", piecesTable] as const;

const claimRow = z.object({
  run: z.string(),
  /** sha256 of the manifest of the import files. */
  manifest: z.string(),
  parts: z.number(),
  /** user@host */
  holder: z.string(),
  /** ISO 8601, UTC. */
  started: z.string(),
});
const partRow = z.object({ part: z.number(), sha256: z.string(), rows: z.number() });
const nameRow = z.object({ name: z.string() });
const countRow = z.object({ pieces: z.number() });

/** Who fills v2. */
export type ImportClaim = z.infer<typeof claimRow>;
/** The marker row of a part that is in. */
export type ImportMarker = z.infer<typeof partRow>;

/** What v2 itself knows of the import. */
export type LedgerState =
  | { readonly kind: "none" }
  | {
      readonly kind: "claimed";
      readonly run: string;
      readonly manifest: string;
      readonly holder: string;
      readonly started: string;
      /** Number of parts that the import has. */
      readonly expectedParts: number;
      /** The parts that are in. */
      readonly parts: readonly ImportMarker[];
      /** Pieces of long values: more than 0 means that a part stopped midway. */
      readonly piecesLeft: number;
    };

/** The claim of a run. */
export const buildClaim = (
  claim: Pick<ImportClaim, "run" | "holder" | "started">,
  manifest: ImportManifest,
): ImportClaim => ({
  ...claim,
  manifest: hashImportManifest(manifest),
  parts: manifest.parts.length,
});

/**
 * Statements that make the ledger where it is missing and claim v2. A second claim fails on the primary key; when it is
 * the same run's again, nothing changes.
 */
export function buildLedgerBegin(claim: ImportClaim): string[] {
  const values = [claim.run, claim.manifest, BigInt(claim.parts), claim.holder, claim.started];
  const run = writeLiteral(claim.run);
  const manifest = writeLiteral(claim.manifest);
  return [
    readSql("cloudflare/create-import-ledger"),
    readSql("cloudflare/create-import-parts"),
    readSql("cloudflare/create-import-pieces"),
    ...[ledgerTables[1], piecesTable].map(
      (table) =>
        `DELETE FROM ${quoteIdentifier(table)} WHERE NOT EXISTS (SELECT 1 FROM "movebook_import")`,
    ),
    `INSERT INTO "movebook_import" ("id","run","manifest","parts","holder","started") SELECT 1,${values.map(writeLiteral).join(",")} WHERE NOT EXISTS (SELECT 1 FROM "movebook_import" WHERE run=${run} AND manifest=${manifest})`,
  ];
}

/** The row that says: this part is in. The last statement of its file. */
export const buildMarker = ({ part, sha256, rows }: ImportMarker): string =>
  `INSERT INTO "movebook_parts" ("part","sha256","rows") VALUES (${part},${writeLiteral(sha256)},${rows});\n`;

/** Statements that remove the ledger; the claim goes last. */
export const buildLedgerDrop = (): string[] =>
  [...ledgerTables].reverse().map((table) => `DROP TABLE IF EXISTS ${quoteIdentifier(table)}`);

/**
 * @param answers rows of movebook_import, of movebook_parts, and the number of pieces
 * @throws Failure (exit 3) when a table of the ledger holds something else than movebook writes
 */
function parseLedger(answers: readonly (readonly Row[])[]): LedgerState {
  const claims = z.array(claimRow).safeParse(answers[0]);
  const parts = z.array(partRow).safeParse(answers[1]);
  const pieces = z.tuple([countRow]).safeParse(answers[2]);
  if (!claims.success || !parts.success || !pieces.success)
    throw refused("v2 has an import ledger that movebook did not write", [foreignLedger]);
  const claim = claims.data[0];
  if (claim === undefined) return { kind: "none" };
  const { run, manifest, holder, started } = claim;
  return {
    kind: "claimed",
    run,
    manifest,
    holder,
    started,
    expectedParts: claim.parts,
    parts: parts.data,
    piecesLeft: pieces.data[0].pieces,
  };
}

const foreignLedger: Problem = {
  what: "tables named movebook_… hold other columns than an import's ledger",
  where: ledgerTables.join(", "),
  todo: "Look whose they are and drop them.",
};

/** Reads the ledger; none while nothing was imported, or after it was dropped. One or two calls. */
export async function readLedger(database: Pick<D1Database, "query">): Promise<LedgerState> {
  const [rows] = await database.query(
    readSql("cloudflare/list-ledger-tables"),
    "Look for an import's ledger",
  );
  const names = new Set(
    z
      .array(nameRow)
      .parse(rows)
      .map(({ name }) => name),
  );
  if (!names.has("movebook_import")) return { kind: "none" };
  if (!ledgerTables.every((table) => names.has(table)))
    throw refused("v2's import ledger is incomplete", [foreignLedger]);
  return parseLedger(
    await database.query(
      [
        readSql("cloudflare/read-import-claim"),
        readSql("cloudflare/list-import-parts"),
        readSql("cloudflare/count-import-pieces"),
      ],
      "Read the import's ledger",
    ),
  );
}
