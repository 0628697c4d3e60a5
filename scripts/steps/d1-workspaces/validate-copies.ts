import { differing, passing, type Finding, type FindingSection } from "../../engine/findings.ts";
import { countOf } from "../../engine/wording.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { ImportTable } from "../../cloudflare/import-table.ts";
import type { Sides } from "./sides.ts";
import { findColumn, isSameName } from "./transform-workbench.ts";

/** Values that no transform may touch: one changed byte locks a user out, or breaks a record. */
const kept = [
  { table: "users", column: "password_hash", label: "password hashes as in v1, byte for byte" },
  { table: "records", column: "data", label: "record JSON as in v1, byte for byte" },
] as const;

const find = (tables: readonly ImportTable[], name: string): ImportTable | undefined =>
  tables.find(({ shape }) => isSameName(shape.name, name));

function compare(
  { scratch }: Sides,
  from: ImportTable,
  into: ImportTable,
  column: string,
  label: string,
): Finding {
  const [id, name] = [quoteIdentifier("id"), quoteIdentifier(column)];
  const isSame = `typeof(s.${name}) = typeof(t.${name}) and cast(s.${name} as blob) is cast(t.${name} as blob)`;
  const equal = scratch.count(
    `select count(*) from ${quoteIdentifier(into.table)} t join ${quoteIdentifier(from.table)} s on s.${id} = t.${id} where ${isSame}`,
  );
  const value = `${equal.toLocaleString("en-US")} of ${into.rows.toLocaleString("en-US")}`;
  if (equal === into.rows) return passing(label, value);
  return differing(label, value, {
    what: `${countOf(into.rows - equal, "value")} of ${into.shape.name}.${column} for v2 that v1 does not have`,
    where: `${into.shape.name}.${column}`,
    todo: "Look into the decisions file: is the column mapped?",
  });
}

/** What was made for v2 against what was exported from v1, independently of the transform. */
export async function findCopies(sides: Sides): Promise<FindingSection[]> {
  const findings = kept.flatMap(({ table, column, label }) => {
    const [from, into] = [find(sides.sourceTables, table), find(sides.tables, table)];
    if (from === undefined || into === undefined) return [];
    if (
      findColumn(from.shape, column) === undefined ||
      findColumn(into.shape, column) === undefined
    )
      return [];
    return [compare(sides, from, into, column, label)];
  });
  return findings.length === 0 ? [] : [{ heading: "Values that must not change", findings }];
}
