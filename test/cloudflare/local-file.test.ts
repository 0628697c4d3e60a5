import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RawText } from "../../scripts/cloudflare/cell.ts";
import { fillDemoV1, migrateDemoV2 } from "../../scripts/demo/workspaces-database.ts";
import {
  countProductRows,
  listProductRows,
  type ProductOptions,
} from "../../scripts/demo/workspaces-product.ts";
import { listBatchedStatements, writeProductFile } from "../../scripts/demo/workspaces-sql.ts";
import { fillLocalFile, listTableNames, openLocalFile, readCells } from "./local-file.ts";
import { type LocalProject, makeLocalProject } from "./real-wrangler.ts";

const v1 = { name: "dataos-v1", id: "0f0e0d0c-0000-4000-8000-000000000001" };
const v2 = { name: "dataos-v2", id: "0f0e0d0c-0000-4000-8000-000000000002" };
const product: ProductOptions = {
  users: 6,
  tablesPerUser: 2,
  recordsPerTable: 10,
  withWorkspaces: true,
};

let project: LocalProject;
beforeAll(async () => {
  project = await makeLocalProject([v1, v2]);
});
afterAll(async () => {
  await project.remove();
});

describe("a local D1 in tests", () => {
  it("is filled without wrangler and read by wrangler", async () => {
    const state = project.stateFolder;
    fillLocalFile(state, v2.id, ["CREATE TABLE t (x)", "INSERT INTO t VALUES ('a'), (3.0)"]);
    const answer = await project.run([
      "d1",
      "execute",
      v2.name,
      "--local",
      "--json",
      "--command",
      "SELECT x, typeof(x) AS type FROM t",
    ]);
    expect(JSON.parse(answer.stdout)).toMatchObject([
      {
        results: [
          { x: "a", type: "text" },
          { x: 3, type: "real" },
        ],
      },
    ]);
  });

  it("gives every cell exactly to a client of its own", async () => {
    const id = "0f0e0d0c-0000-4000-8000-000000000003";
    const values =
      "(9223372036854775807), (3.0), (-0.0), (9e999), (''), (X''), ('é'), ('a' || char(0)), (CAST(X'FF' AS TEXT)), (NULL)";
    fillLocalFile(project.stateFolder, id, [
      "CREATE TABLE t (x)",
      `INSERT INTO t VALUES ${values}`,
    ]);
    const database = openLocalFile(project.stateFolder, id);
    const cells = readCells(database, "t", { orderBy: "rowid" }).flat();
    database.close();
    expect(cells).toEqual([
      9223372036854775807n,
      3,
      -0,
      Infinity,
      "",
      Buffer.alloc(0),
      "é",
      new RawText(Buffer.from("a\0")),
      new RawText(Buffer.from([255])),
      null,
    ]);
  });
});

describe("the demo's v1", () => {
  it("goes into a local D1 by wrangler, byte for byte, long records too", async () => {
    await fillDemoV1({ ...v1, stateFolder: project.stateFolder }, product);
    const database = openLocalFile(project.stateFolder, v1.id);
    const counts = new Map(
      listTableNames(database).map((table) => [table, readCells(database, table).length]),
    );
    expect(counts).toEqual(countProductRows(product));
    const stored = new Map(
      readCells(database, "records", { columns: ["id", "data"] }).map(([id, data]) => [id, data]),
    );
    database.close();
    const made = [...listProductRows(product)].filter(({ table }) => table === "records");
    expect(made.every(({ values }) => stored.get(String(values["id"])) === values["data"])).toBe(
      true,
    );
    expect(made.filter(({ values }) => String(values["data"]).length > 90_000)).toHaveLength(3);
  });

  it("is the same for the same seed and another for another", () => {
    const hash = (seed: number): string => {
      const digest = createHash("sha256");
      for (const statement of listBatchedStatements(listProductRows({ ...product, seed })))
        digest.update(statement);
      return digest.digest("hex");
    };
    expect(hash(1)).toBe(hash(1));
    expect(hash(2)).not.toBe(hash(1));
  });

  it("is written in statements of at most 18,000 bytes", async () => {
    const file = join(project.folder, "batched.sql");
    await writeProductFile(product, file);
    const statements = (await readFile(file, "utf8")).split(/;\n/);
    expect(Math.max(...statements.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(
      18_000,
    );
  });

  it("has hashes in v1's format, viewers, NULL icons, and newlines beside literal ones", () => {
    const rows = [...listProductRows({ ...product, users: 20 })];
    const column = (table: string, name: string): unknown[] =>
      rows.filter((row) => row.table === table).map(({ values }) => values[name]);
    for (const hash of column("users", "password_hash"))
      expect(hash).toMatch(/^pbkdf2\$sha256\$100000\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$/);
    expect(column("users", "role")).toContain("viewer");
    expect(column("tables", "icon")).toContain(null);
    const mixed = column("records", "data").filter((data) => /\n/.test(String(data)));
    expect(mixed.some((data) => String(data).includes("\\n"))).toBe(true);
  });
});

describe("the demo's v2", () => {
  it("is made by its migrations and holds no row but their history", async () => {
    const id = "0f0e0d0c-0000-4000-8000-000000000004";
    await migrateDemoV2({ name: "dataos-v2", id, stateFolder: project.stateFolder });
    const database = openLocalFile(project.stateFolder, id);
    const tables = listTableNames(database);
    const filled = tables.filter((table) => readCells(database, table).length > 0);
    database.close();
    expect(tables).toContain("workspace_members");
    expect(filled).toEqual(["d1_migrations"]);
  });
});
