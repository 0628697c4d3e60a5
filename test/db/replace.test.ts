import { describe, expect, it } from "vitest";
import { listTables } from "../../scripts/postgres/catalogue.ts";
import { checkReplacing, listUnsavable } from "../../scripts/steps/data-move/replace.ts";
import { problemsIn, say, usePreflightPair } from "./preflight-pair.ts";

const pair = usePreflightPair();

const check = async (): Promise<string[]> => {
  const { target, scope } = await pair.readSides();
  return problemsIn(await checkReplacing(target, scope));
};

describe("rows of v2 that are to give way", () => {
  it("do although own tables refer to them, whether these move or not", async () => {
    await pair.both("create table a (id int primary key); create table b (a int references a)");
    await pair.inV2(
      "insert into a values (1); create table c (a int references a); insert into c values (1)",
    );
    const { target, scope } = await pair.readSides();
    expect(say(await checkReplacing(target, scope))).toEqual([
      "warned: c does not move, and its rows refer to a (c_a_fkey): they must find theirs among v1's rows",
    ]);
  });

  it("do not when a key refers to them that v2's role cannot drop: it is named", async () => {
    await pair.both("create table a (id int primary key); create table lone (id int)");
    await pair.asSuperuser(
      "v2",
      `create table foreign_one (a int constraint theirs references a); alter table foreign_one owner to other;
       insert into lone values (1)`,
    );
    // a itself is empty: nothing of it must be emptied
    expect(await check()).toEqual([]);
    await pair.inV2("insert into a values (1)");
    expect(await check()).toEqual([
      "a cannot be emptied: the foreign key theirs on foreign_one refers to it, and v2's role cannot drop it",
    ]);
  });

  it("do not when they could not be saved as a whole: row-level security, other owners", async () => {
    await pair.both("create table a (id int); create table b (id int); create table c (id int)");
    await pair.inV2(
      "alter table a enable row level security; alter table a force row level security",
    );
    await pair.asSuperuser("v2", "alter table b owner to other");
    const { target } = await pair.readSides();
    const problems = await listUnsavable(target, await listTables(target));
    expect(problems.map(({ what }) => what)).toEqual([
      "row-level security holds for v2's role on a: its rows cannot be saved as a whole",
      "b belongs to other: v2's role could not bring it back",
    ]);
  });
});
