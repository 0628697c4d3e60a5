import { describe, expect, it } from "vitest";
import type { KeyDefinition } from "../../scripts/postgres/key-changes.ts";
import { buildRunCheck, buildRunEntry, type RunEntry } from "../../scripts/postgres/ledger-run.ts";
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
  copies: [],
};
const columns =
  "run, schema_name, table_name, constraint_name, definition, validated, comment, table_kind, referenced_kind, copies";

describe("a dropped key in the ledger", () => {
  it("stands there with all that brings it back", () => {
    expect(buildLedgerEntry("r1", key)).toBe(
      `insert into movebook.foreign_keys (${columns}) values ('r1', 'public', 'Order', 'Order_client_fkey', 'FOREIGN KEY (client) REFERENCES public.party(id)', true, null, 'r', 'p', '[]');`,
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
      `insert into movebook.foreign_keys (${columns}) values ('r1', 'public', 'it''s', E'back\\\\slash', 'FOREIGN KEY ("it''s") REFERENCES public."a""b"(id)', false, E'a ''quoted'' \\\\ comment', 'r', 'p', '[]');`,
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
    tables: [{ schema: "public", name: "it's", kind: "r" as const, rows: 3 }],
    replaced: false,
  };

  it("says whose dump it was, and how much, as exact as the server counts", () => {
    expect(buildImportEntry(entry)).toBe(
      `insert into movebook.imports (run, environment, dump_sha256, table_count, row_count, tables, replaced) values ('r''1', 'dev', 'ab', 15, 9007199254740993, '[{"schema":"public","name":"it''s","kind":"r","rows":3}]', false);`,
    );
  });

  it("fills columns that the ledger has", () => {
    const made = /imports \(([\s\S]*?)\n\);/.exec(buildLedger())?.[1] ?? "";
    const named = /imports \(([^)]*)\)/.exec(buildImportEntry(entry))?.[1] ?? "";
    for (const column of named.split(", ")) expect(made).toMatch(new RegExp(`^  ${column} `, "m"));
  });
});

describe("a run in the ledger", () => {
  const entry: RunEntry = {
    run: "r1",
    environment: "dev",
    phase: "loaded",
    journal: `{"what":"it's a \\"path\\" → C:\\\\new"}\n\\.\n:name $1 $$ $movebook$\n`,
    files: { "a.sql": "-- é \\ 'x'\n" },
  };

  it("is one statement in ASCII whatever the journal holds: no encoding and no setting of v2 changes it", () => {
    const text = buildRunEntry(entry);
    expect(text).toMatch(/^[\0-\x7f]*$/u);
    expect(text).toContain("\\\\u2192");
    expect(text).toContain("it''s a");
    expect(text).toContain(
      "where was.phase = any (array['keys-dropped', 'loaded']::pg_catalog.text[])",
    );
    expect(text).not.toContain("returning");
    expect(text.endsWith(";\n")).toBe(true);
  });

  it("is checked by a block that does not hold the journal: an error would print it", () => {
    expect(buildRunCheck(entry)).not.toContain("path");
    expect(buildRunCheck(entry)).toContain("in the ledger it is");
  });

  it("fills columns that the ledger has", () => {
    const made = /runs \(([\s\S]*?)\n\);/.exec(buildLedger())?.[1] ?? "";
    const named = /as was \(([^)]*)\)/.exec(buildRunEntry(entry))?.[1] ?? "";
    for (const column of named.split(", ")) expect(made).toMatch(new RegExp(`^  ${column} `, "m"));
  });
});
