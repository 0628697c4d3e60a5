import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listCheckFiles, parseCheckFile } from "../../scripts/postgres/check-file.ts";
import { runCheck, type CheckOutcome } from "../../scripts/postgres/checks.ts";
import { sqlFolder } from "../../scripts/engine/sql-file.ts";
import { startTwoDatabases, type TwoDatabases } from "./two-databases.ts";

describe("check files on a server", () => {
  let two: TwoDatabases;
  const run = (text: string): Promise<CheckOutcome> =>
    runCheck(two.target, parseCheckFile("/p/check.sql", text));
  const refuse = async (text: string): Promise<string> => {
    const outcome = await run(text);
    return outcome.outcome === "not-run" ? outcome.problem.what : outcome.outcome;
  };

  beforeAll(async () => {
    two = await startTwoDatabases();
    await two.run(
      "v2",
      `create table "Party" (id int primary key, type text, "tenantId" int); create table "Tenant" (id int primary key);
       create table "Contact" (id int primary key, "partyId" int, "tenantId" int);
       insert into "Party" values (1, 'CONTACT', 1), (2, 'ORGANIZATION', 9); insert into "Tenant" values (1);
       insert into "Contact" values (1, 1, 1), (2, 2, 1)`,
    );
  });
  afterAll(() => two.stop());

  it("run when their statement begins with comments, or holds a semicolon in a text (fault 1)", async () => {
    const text = `-- Which are no contact?\n/* block ; */\n-- more; of it\nselect id, ';' as mark from "Party" where type <> 'CONTACT'; -- end`;
    expect(await run(text)).toEqual({
      outcome: "ran",
      violations: 1,
      more: false,
      rows: ['{"id":2,"mark":";"}'],
    });
  });

  it("are not passed when they are empty, hold only comments, several statements, no question, or a failing one", async () => {
    for (const text of [
      "",
      "-- q\n",
      "-- q\n;",
      "-- q\nselect 1; select 2",
      '-- q\nselect 1 where false; drop table "Party"',
      '-- q\ndelete from "Party" returning id',
      "-- q\nselect * from nowhere",
      "-- q\ncommit",
      '-- q\nselect 1 / 0 from "Party"',
    ])
      expect(await refuse(text)).toMatch(/^check check could not run/u);
    expect((await two.target.query('select id from public."Party"')).length).toBe(2);
  });

  it("cannot write", async () => {
    await two.run(
      "v2",
      "create sequence s; create function f() returns int language sql as 'insert into \"Tenant\" values (5) returning id'",
    );
    expect(await refuse("-- q\nselect f()")).toContain("read-only transaction");
    expect(await refuse("-- q\nselect nextval('s')")).toContain("read-only transaction");
    expect(await refuse('-- q\nselect id from "Tenant" for update')).toContain(
      "check check could not run",
    );
  });

  it("are not applicable where v2 lacks what they need, and say what", async () => {
    expect(await run("-- q\n-- needs: Party.id, Party.nickname\nselect 1")).toEqual({
      outcome: "not-applicable",
      reason: "v2 has no Party.nickname",
    });
    expect(
      await run("-- q\n-- needs: Party, public.Party, public.Party.id\nselect 1 where false"),
    ).toMatchObject({ outcome: "ran" });
  });

  it("keep ten rows and count on", async () => {
    const outcome = await run("-- q\nselect generate_series(1, 2500) as n");
    const rows = Array.from({ length: 10 }, (_, index) => `{"n":${index + 1}}`);
    expect(outcome).toEqual({ outcome: "ran", violations: 2500, more: false, rows });
    expect(await run("-- q\nselect generate_series(1, 300000) as n")).toMatchObject({
      violations: 100000,
      more: true,
    });
  });

  it("leave the session as it was", async () => {
    const [row] = await two.target.query(
      "select current_setting('search_path') as path, current_setting('transaction_read_only') as ro",
    );
    expect(row).toEqual({ path: '""', ro: "off" });
  });

  it("of the package run where their tables exist and find what is wrong", async () => {
    const outcomes = new Map<string, CheckOutcome>();
    for (const check of listCheckFiles([sqlFolder("data-move/checks")]))
      outcomes.set(check.name, await runCheck(two.target, check));
    expect(outcomes.get("find-contacts-of-other-party-type")).toMatchObject({ violations: 1 });
    expect(outcomes.get("find-tenant-orphans-party")).toMatchObject({ violations: 1 });
    expect(outcomes.get("find-tenant-orphans-contact")).toMatchObject({ violations: 0 });
    expect(outcomes.get("find-orphans-plan-party")).toEqual({
      outcome: "not-applicable",
      reason: "v2 has no PlanParty.id",
    });
  });
});
