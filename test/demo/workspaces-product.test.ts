import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { demoV2Schema } from "../../scripts/demo/workspaces-database.ts";
import { buildDemoDecisions, writeDemoDecisions } from "../../scripts/demo/workspaces-decisions.ts";
import { countProductRows, type ProductOptions } from "../../scripts/demo/workspaces-product.ts";
import { listProductRows } from "../../scripts/demo/workspaces-product.ts";
import { listBatchedStatements, writeProductSchema } from "../../scripts/demo/workspaces-sql.ts";
import { parseDecisions } from "../../scripts/steps/d1-workspaces/decisions.ts";
import { transformDump } from "../../scripts/steps/d1-workspaces/transform-dump.ts";
import { FakeD1 } from "../cloudflare/fake-d1.ts";

const folder = mkdtempSync(join(tmpdir(), "movebook-product-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A dump without literal \n, as if it were mended: that is the business of other tests. */
function dumpProduct(name: string, options: ProductOptions): string {
  const d1 = new FakeD1(folder, { name, id: name });
  d1.apply([writeProductSchema(options)]);
  d1.apply(listBatchedStatements(listProductRows(options)));
  const text = d1.dump({ noData: false, noSchema: false, tables: [], columnLists: false });
  d1.close();
  const file = join(folder, `${name}.sql`);
  writeFileSync(file, text.replaceAll("\\\\n", "/"));
  return file;
}

const small: ProductOptions = { users: 20, tablesPerUser: 3, recordsPerTable: 5 };
const variants: readonly (readonly [name: string, options: ProductOptions])[] = [
  ["flat", small],
  ["with-workspaces", { ...small, withWorkspaces: true }],
  ["with-strays", { ...small, withWorkspaces: true, strays: true }],
  ["tame", { ...small, viewers: false, nullIcons: false }],
];

describe("the demo's product", () => {
  it.each(variants)("fits v2 with its own decisions: %s", async (name, options) => {
    const transformed = await transformDump({
      dump: dumpProduct(name, options),
      v2Schema: demoV2Schema(),
      decisions: parseDecisions(JSON.stringify(buildDemoDecisions(options)), "d1-decisions.json"),
      scratchFile: join(folder, `scratch-${name}.sqlite`),
      signal: new AbortController().signal,
    });
    expect(transformed.problems).toEqual([]);
    const rows = transformed.counts.find(({ table }) => table === "records")?.rows;
    expect(rows).toBe(countProductRows(options).get("records"));
  });

  it("has decisions that an operator could have written", async () => {
    const file = join(folder, "d1-decisions.json");
    await writeDemoDecisions(file, small);
    const decisions = parseDecisions(await readFile(file, "utf8"), file);
    expect(Object.keys(decisions.leaveOut.tables)).toEqual([
      "views",
      "rate_limits",
      "usage_counters",
      "audit_log",
    ]);
    expect(decisions.map["users.role"]?.values).toEqual({ viewer: "editor" });
  });
});
