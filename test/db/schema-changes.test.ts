import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import { connect, type Database } from "../../scripts/postgres/database.ts";
import { compareStructures } from "../../scripts/postgres/structure-differences.ts";
import { readStructure } from "../../scripts/postgres/structure.ts";
import {
  beforeFiles,
  compareSchemaDump,
  keepSchema,
  listSchemaChanges,
} from "../../scripts/steps/data-move/schema-changes.ts";
import { breaks, schema, type Break } from "./schema-breaks.ts";
import { makeStepContext, type TestContext } from "./step-context.ts";
import { startTwoDatabases, type TwoDatabases } from "./two-databases.ts";

describe("what a move must leave as it was", () => {
  let two: TwoDatabases;
  let superuser: Database;

  beforeAll(async () => {
    two = await startTwoDatabases();
    await two.run("v2", schema);
    superuser = await connect(parseConnectionUrl(`${two.server.url("move_v2")}?sslmode=disable`), {
      readOnly: false,
      applicationName: "test",
    });
  });
  afterAll(async () => {
    await superuser.close();
    await two.stop();
  });

  it.each(breaks)("is not, and said, with $what", async ({ sql, line, bySuperuser }) => {
    const db = bySuperuser === true ? superuser : two.target;
    const before = await readStructure(db);
    await db.query("begin; set local search_path = public");
    try {
      await db.query(sql);
      await db.query("set local search_path = ''");
      const lines = compareStructures(before, await readStructure(db));
      expect(lines).toContainEqual(expect.stringMatching(line));
    } finally {
      await db.query("rollback");
    }
    expect(await readStructure(db)).toEqual(before);
  });

  describe("in the run folder", () => {
    let made: TestContext;
    const inFolder = (name: string): string => join(made.context.runFolder, name);
    const changed = (): Promise<string[]> => listSchemaChanges(made.context, two.target);
    const commit = (of: readonly Break[]): Promise<unknown> =>
      superuser.query(
        `set search_path = public; ${of
          .map(({ sql, bySuperuser }) =>
            bySuperuser === true ? sql : `set role move_owner; ${sql}; reset role`,
          )
          .join("; ")}; set search_path = ''`,
      );

    it("is kept as files of its owner, and is the same a moment later", async () => {
      made = makeStepContext({ source: two.urls.source, target: two.urls.target });
      await keepSchema(made.context, two.target);
      for (const name of beforeFiles) expect(statSync(inFolder(name)).mode & 0o777).toBe(0o600);
      expect(await changed()).toEqual([]);
      const dump = await compareSchemaDump(made.context, two.target);
      expect(dump).toMatchObject({ isIdentical: true, leftOut: [] });
      expect(dump.lineCount).toBe(
        readFileSync(inFolder("schema-after.sql"), "utf8").split("\n").length - 4,
      );
    });

    it("may hold rows, filled views, sequences that have moved on, statistics and our own ledger", async () => {
      await two.run(
        "v2",
        `insert into owner values (1); insert into animal (name, "ownerId") values ('a', 1);
        refresh materialized view totals; select nextval('loose'); analyze; create schema movebook; create table movebook.t (id serial)`,
      );
      expect(await changed()).toEqual([]);
    });

    it("is told apart where the dump shows nothing, by the structure", async () => {
      const hidden = breaks.filter(({ isHidden }) => isHidden === true);
      await commit(hidden);
      expect(await compareSchemaDump(made.context, two.target)).toMatchObject({
        isIdentical: true,
      });
      const lines = await changed();
      for (const { line } of hidden) expect(lines).toContainEqual(expect.stringMatching(line));
      expect(lines.join()).not.toContain("secret");
    });

    it("is told apart in the dump too, object by object, without a password", async () => {
      await commit(
        breaks.filter(
          ({ what, isHidden }) => isHidden !== true && !what.startsWith("a table that is gone"),
        ),
      );
      const { isIdentical, differences } = await compareSchemaDump(made.context, two.target);
      expect(isIdentical).toBe(false);
      const said = differences.map(({ summary }) => summary);
      for (const summary of [
        "COMMENT COLUMN animal.name: is new",
        "STATISTICS pairs: 0 of its lines gone, 1 new",
        "PUBLICATION TABLE out owner: 1 of its lines gone, 1 new",
        "TABLE fresh in schema other: is new",
        "USER MAPPING USER MAPPING move_owner SERVER far: is new",
        "RULE owner silent: 0 of its lines gone, 1 new",
      ])
        expect(said.join("\n")).toContain(summary);
      const lines = await changed();
      expect(lines.filter((line) => line.startsWith("schema dump: "))).toHaveLength(said.length);
      expect(lines).toContain(
        "schema dump: COMMENT COLUMN animal.name: is new: + COMMENT ON COLUMN public.animal.name IS 'pet';",
      );
      const text = readFileSync(inFolder("schema-after.sql"), "utf8");
      expect(text).toContain("CREATE USER MAPPING FOR move_owner SERVER far OPTIONS (kept out");
      expect(text).not.toContain("hush");
      expect(text).not.toMatch(/^\\(un)?restrict /mu);
    });

    it("cannot be compared when a file is gone, cut or by another pg_dump, which is a failure", async () => {
      const file = inFolder("schema-before.sql");
      const text = readFileSync(file, "utf8");
      writeFileSync(
        file,
        text.replace(/^-- Dumped by pg_dump version \d+/mu, "-- Dumped by pg_dump version 9"),
      );
      await expect(changed()).rejects.toThrow("by different programs");
      writeFileSync(file, text.slice(0, -60));
      await expect(changed()).rejects.toThrow("schema-before.sql is damaged");
      rmSync(file);
      await expect(changed()).rejects.toThrow("is gone");
      writeFileSync(inFolder("structure-before.json"), "{");
      await expect(changed()).rejects.toThrow("structure-before.json is damaged");
    });
  });
});
