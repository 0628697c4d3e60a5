import { z } from "zod";
import { differing, passing, type Finding, type FindingSection } from "../../engine/findings.ts";
import { countOf } from "../../engine/wording.ts";
import { readLedger } from "../../cloudflare/import-ledger.ts";
import type { ForeignKeyShape } from "../../cloudflare/table-shape.ts";
import { buildOrphanCount } from "./count-questions.ts";
import { describeLedger, isOfManifest } from "./ledger-state.ts";
import type { Sides } from "./sides.ts";
import { explainNotRun } from "./validate-not-run.ts";

const countRow = z.object({ rows: z.number() });

interface Key extends ForeignKeyShape {
  readonly child: string;
}

const labelOf = ({ child, columns, table, references }: Key): string =>
  `${child}.${columns.join(", ")} → ${table}.${references.join(", ")}`;

function judgeKey(key: Key, orphans: number): Finding {
  if (orphans === 0) return passing(labelOf(key), "0");
  return differing(labelOf(key), orphans.toLocaleString("en-US"), {
    what: `${key.child}: ${countOf(orphans, "row")} without a match in ${key.table}`,
    where: labelOf(key),
    todo: "v2's foreign keys were off when somebody wrote to it.",
  });
}

/** Foreign keys of v2, each asked by itself: rows that refer to nothing. */
export async function findRules(sides: Sides): Promise<FindingSection[]> {
  const heading = "Orphans in v2";
  const keys = sides.targetShapes.flatMap(({ name, foreignKeys }) =>
    foreignKeys.map((key) => ({ ...key, child: name })),
  );
  if (keys.length === 0) return [];
  sides.context.screen.progress("looking for orphans");
  try {
    const answers = await sides.target.query(
      keys.map((key) => buildOrphanCount(key.child, key.columns, key.table, key.references)),
      "look for orphans",
    );
    const findings = keys.map((key, index) =>
      judgeKey(key, countRow.parse(answers[index]?.[0]).rows),
    );
    return [{ heading, findings }];
  } catch (error) {
    return [{ heading, findings: [explainNotRun("orphans", error)] }];
  }
}

async function judgeLedger({ target, manifest }: Sides): Promise<Finding[]> {
  const ledger = await readLedger(target);
  const label = "markers of the import";
  if (ledger.kind === "none")
    return [
      differing(label, "none", {
        what: "v2 has no ledger of an import: it was taken back, or cleaned up",
        todo: "After a clean-up this is as it should be; else run the import again.",
      }),
    ];
  const markers = new Map(ledger.parts.map(({ part, sha256 }) => [part, sha256]));
  const found = manifest.parts.filter(({ part, marker }) => markers.get(part) === marker).length;
  const value = `${found} of ${manifest.parts.length}`;
  const isWhole = found === manifest.parts.length && isOfManifest(ledger, manifest);
  return [
    isWhole
      ? passing(label, value)
      : differing(label, value, {
          what: `the ledger in v2 is not that of these import files: ${describeLedger(ledger)}`,
        }),
    ledger.piecesLeft === 0
      ? passing("pieces of long values left behind", "0")
      : differing("pieces of long values left behind", String(ledger.piecesLeft), {
          what: `${countOf(ledger.piecesLeft, "piece")} of long values in movebook_pieces`,
          where: "table movebook_pieces of v2",
        }),
  ];
}

/** The ledger: every part is in, and nothing was left between. */
export async function findLedger(sides: Sides): Promise<FindingSection[]> {
  const findings = await judgeLedger(sides).catch((error: unknown) => [
    explainNotRun("markers of the import", error),
  ]);
  return [{ heading: "Import", findings }];
}
