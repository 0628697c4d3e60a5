import { describe, expect, it } from "vitest";
import type { KeyDefinition } from "../../scripts/postgres/key-changes.ts";
import { buildImportEntry, buildLedger, buildLedgerEntry } from "../../scripts/postgres/ledger.ts";

const key: KeyDefinition = {
  schema: "public",
  table: "Order",
  name: "Order_client_fkey",
  definition: "FOREIGN KEY (client) REFERENCES public.party(id)",
  validated: true,
  comment: null,
  tableKind: "r",
  referencedKind: "p",
};
const columns =
  "run, schema_name, table_name, constraint_name, definition, validated, comment, table_kind, referenced_kind";

describe("a dropped key in the ledger", () => {
  it("stands there with all that brings it back", () => {
    expect(buildLedgerEntry("r1", key)).toBe(
      `insert into movebook.foreign_keys (${columns}) values ('r1', 'public', 'Order', 'Order_client_fkey', 'FOREIGN KEY (client) REFERENCES public.party(id)', true, null, 'r', 'p');`,
    );
  });

  it("keeps quotes and backslashes of names, definition and comment", () => {
    const odd: KeyDefinition = {
      ...key,
      table: `it's`,
      name: "back\\slash",
      definition: `FOREIGN KEY ("it's") REFERENCES public."a""b"(id)`,
      validated: false,
      comment: "a 'quoted' \\ comment",
    };
    expect(buildLedgerEntry("r1", odd)).toBe(
      `insert into movebook.foreign_keys (${columns}) values ('r1', 'public', 'it''s', E'back\\\\slash', 'FOREIGN KEY ("it''s") REFERENCES public."a""b"(id)', false, E'a ''quoted'' \\\\ comment', 'r', 'p');`,
    );
  });

  it("tells no comment from a comment that says null", () => {
    expect(buildLedgerEntry("r1", key)).toContain(", true, null, ");
    expect(buildLedgerEntry("r1", { ...key, comment: "null" })).toContain(", true, 'null', ");
    expect(buildLedgerEntry("r1", { ...key, comment: "" })).toContain(", true, '', ");
  });

  it("fills columns that the ledger has", () => {
    const made = /foreign_keys \(([\s\S]*?)\n\);/.exec(buildLedger())?.[1] ?? "";
    for (const column of columns.split(", "))
      expect(made).toMatch(new RegExp(`^  ${column} `, "m"));
  });
});

describe("an import in the ledger", () => {
  const entry = {
    run: "r'1",
    environment: "dev",
    dumpSha256: "ab",
    tableCount: 15,
    rowCount: "9007199254740993",
  };

  it("says whose dump it was, and how much, as exact as the server counts", () => {
    expect(buildImportEntry(entry)).toBe(
      "insert into movebook.imports (run, environment, dump_sha256, table_count, row_count) values ('r''1', 'dev', 'ab', 15, 9007199254740993);",
    );
  });

  it("fills columns that the ledger has", () => {
    const made = /imports \(([\s\S]*?)\n\);/.exec(buildLedger())?.[1] ?? "";
    const named = /imports \(([^)]*)\)/.exec(buildImportEntry(entry))?.[1] ?? "";
    for (const column of named.split(", ")) expect(made).toMatch(new RegExp(`^  ${column} `, "m"));
  });
});
