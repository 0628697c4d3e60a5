import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeMove, questions, startPair, type Move, type Pair } from "./support/move.ts";

/* What the demo's data and structure can do to a move; test/survive/ has what machines, networks and people do. */

let pair: Pair;
let move: Move;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());
afterEach(() => move.remove());

const dev = ["--env", "dev"];
const wholeRun = ["run", "data-move", ...dev];

const everything = async (): Promise<string> =>
  (await Promise.all(Object.values(questions).map((sql) => move.inV2(sql)))).join("\n---\n");

describe("keys that the data breaks, step by step", () => {
  test("all are reported, the rest is restored, exit 6 until it is mended", async () => {
    move = await makeMove(pair);
    const before = await move.inV2(questions.keys);
    const step = (name: string) => move.movebook(["step", "data-move", name, ...dev]);
    await move.inV1(
      `alter table "Invoice" drop constraint "Invoice_clientPartyId_fkey";
       alter table "Offspring" drop constraint "Offspring_buyerPartyId_fkey";
       update "Invoice" set "clientPartyId" = 987654321 where id in (select id from "Invoice" order by id limit 3);
       update "Offspring" set "buyerPartyId" = 987654321 where id in (select id from "Offspring" order by id limit 2)`,
    );
    for (const name of ["dump", "drop-foreign-keys", "import"])
      expect((await step(name)).code).toBe(0);
    const broken = await step("restore-foreign-keys");
    expect(broken.code).toBe(6);
    expect(broken.output).toContain("3 rows break the foreign key Invoice_clientPartyId_fkey");
    expect(broken.output).toContain("2 rows break the foreign key Offspring_buyerPartyId_fkey");
    expect((await move.movebook(["status", "data-move", ...dev])).code).toBe(6);
    expect(
      await move.inV2("select count(*) from movebook.foreign_keys where restored_at is null"),
    ).toBe("2");
    await move.inV2(
      `select setval(pg_get_serial_sequence('audit."Entry"', 'id'), 1000000);
       delete from "Invoice" where "clientPartyId" = 987654321; update "Offspring" set "buyerPartyId" = null where "buyerPartyId" = 987654321`,
    );
    expect((await step("restore-foreign-keys")).code).toBe(0);
    expect(await move.inV2(questions.keys)).toBe(before);
  });
});

describe("something changes v2's structure while it is restored", () => {
  test("the import does not commit", async () => {
    move = await makeMove(pair);
    const before = await everything();
    // an event trigger, which only a superuser can make, comments on every key that is added
    await pair.v2.psql(
      move.v2Database,
      `create function meddle() returns event_trigger language plpgsql as $$
       begin
         if exists (select from pg_constraint where conname = 'Animal_tenantId_fkey') then
           comment on constraint "Animal_tenantId_fkey" on public."Animal" is 'meddled';
         end if;
       end $$;
       create event trigger meddle on ddl_command_end when tag in ('ALTER TABLE') execute function meddle();`,
    );
    const ended = await move.movebook(wholeRun);
    expect(ended.code).toBe(1);
    expect(ended.output).toContain("Animal_tenantId_fkey");
    expect(ended.output).toContain("nothing was committed");
    await pair.v2.psql(move.v2Database, "drop event trigger meddle; drop function meddle");
    expect(await everything()).toBe(before);
  });
});
