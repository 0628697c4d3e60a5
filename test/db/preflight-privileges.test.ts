import { describe, expect, it } from "vitest";
import { checkPrivileges } from "../../scripts/steps/data-move/preflight/privileges.ts";
import { problemsIn, say, usePreflightPair } from "./preflight-pair.ts";

const pair = usePreflightPair();

describe("the privileges", () => {
  it("of the owners do", async () => {
    await pair.both("create table a (id serial)");
    expect(say(await checkPrivileges(await pair.readSides()))).toEqual([
      "passed: the roles may do what the move needs",
    ]);
  });

  it("must let v2's role make the ledger", async () => {
    await pair.both("create table a (id int)");
    await pair.asSuperuser(
      "v2",
      `alter table a owner to other; alter database % owner to other; revoke create on database % from app`,
    );
    expect(problemsIn(await checkPrivileges(await pair.readSides({ v2: "other" })))).toEqual([]);
    await pair.asSuperuser("v2", "alter table a owner to app");
    expect(problemsIn(await checkPrivileges(await pair.readSides()))).toEqual([
      "v2's role may not make the schema movebook, in which a move writes down what it changes",
    ]);
    await pair.asSuperuser("v2", "create schema movebook authorization app");
    expect(problemsIn(await checkPrivileges(await pair.readSides()))).toEqual([]);
  });

  it("must let v2's role use a ledger that is there", async () => {
    await pair.both("create table a (id int)");
    await pair.asSuperuser("v2", "create schema movebook authorization other");
    expect(problemsIn(await checkPrivileges(await pair.readSides()))).toEqual([
      "the schema movebook is in v2 and belongs to other: v2's role cannot use it",
    ]);
  });

  it("must let v1's role read sequences and look into schemas", async () => {
    await pair.both("create schema s; create table s.a (id serial)");
    await pair.inV1("grant select on s.a to reader");
    const problems = problemsIn(await checkPrivileges(await pair.readSides({ v1: "reader" })));
    expect(problems).toEqual([
      "v1's role may not use the schema s",
      "v1's role may not read the sequence s.a_id_seq",
    ]);
  });

  it("do not do when row-level security hides rows, by name and on both sides", async () => {
    await pair.both(
      "create table a (id int); create table b (id int); alter table a enable row level security; alter table b enable row level security",
    );
    expect(problemsIn(await checkPrivileges(await pair.readSides()))).toEqual([]);
    await pair.both("alter table b force row level security");
    const results = await checkPrivileges(await pair.readSides());
    expect(problemsIn(results)).toEqual([
      "row-level security hides rows of b from v1's role",
      "row-level security holds for v2's role on b: COPY is refused",
    ]);
    expect(results[0]?.problem?.todo).toContain("no force row level security");
  });

  it("warn of a key that could not be added again", async () => {
    await pair.both("create table p (id int primary key); create table c (id int references p)");
    await pair.asSuperuser("v2", "alter table p owner to other; revoke all on p from app");
    await pair.asSuperuser("v1", "alter table p owner to other");
    const results = await checkPrivileges(await pair.readSides());
    expect(say(results)).toContain(
      "warned: the foreign key c_id_fkey on c stays during the load: v2's role may not reference p",
    );
  });

  it("must let v2's role drop v1's migration history", async () => {
    await pair.both("create table a (id int); create table alembic_version (version_num text)");
    await pair.asSuperuser("v2", "alter table alembic_version owner to other");
    const variables = { V2_MIGRATION_TOOL: "none" };
    expect(problemsIn(await checkPrivileges(await pair.readSides({}, { variables })))).toEqual([
      "v1's migration history alembic_version is in v2 and belongs to other: v2's role cannot drop it",
    ]);
  });
});
