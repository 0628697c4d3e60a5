import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import pg from "pg";
import { makeMove, questions, startPair, type Move, type Pair } from "./support/move.ts";

/* An import that is broken off at any moment leaves v2 as it was, and says what to do. */

let pair: Pair;
let move: Move;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());
afterEach(() => move.remove());

const dev = ["--env", "dev"];
const wholeRun = ["run", "data-move", ...dev];
const resume = ["resume", "data-move", ...dev];

const everything = async (): Promise<string> =>
  (await Promise.all(Object.values(questions).map((sql) => move.inV2(sql)))).join("\n---\n");

/** Makes the load of Animal slow, by a check of v2 that sleeps. */
async function slowDown(): Promise<void> {
  await move.inV2(
    `create function sleepy() returns bool language sql volatile as 'select pg_sleep(0.2) is not null';
     alter table "Animal" add constraint sleepy check (sleepy())`,
  );
}

/** Waits until a session of v2 loads Animal; gives its server process. */
async function waitForCopy(): Promise<number> {
  for (let tries = 0; tries < 600; tries += 1) {
    const pid = await move.inV2(
      `select pid from pg_stat_progress_copy where relid = '"Animal"'::regclass`,
    );
    if (pid !== "") return Number(pid);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the load of Animal was not seen");
}

/** Waits until no session of ours is left in v2. */
async function waitForQuiet(): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const left = await move.inV2(
      `select count(*) from pg_stat_activity where datname = current_database() and application_name like 'movebook%'`,
    );
    if (left === "0") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("sessions of the move are still there");
}

/** Lets the move be quick again. @param sql run before, as v2's owner */
const speedUp = (): Promise<string> =>
  move.inV2(
    `create or replace function sleepy() returns bool language sql volatile as 'select true'`,
  );

describe("kill -9", () => {
  test("of movebook in the middle of the load: v2 as before; resume finishes", async () => {
    move = await makeMove(pair);
    await slowDown();
    const before = await everything();
    const running = move.start(wholeRun);
    await waitForCopy();
    running.child.kill("SIGKILL");
    await running.ended;
    await waitForQuiet();
    expect(await everything()).toBe(before);
    const status = await move.movebook(["status", "data-move", ...dev]);
    expect(status.output).toMatch(/import: started and not finished/);
    expect(status.output).toContain("no change of this run is in it");
    await speedUp();
    const ended = await move.movebook(resume);
    expect(ended.output).toContain("RESULT: PASS");
    expect(ended.code).toBe(0);
  });

  test("of psql: v2 as before, exit 1, the next command is named", async () => {
    move = await makeMove(pair);
    await slowDown();
    const before = await everything();
    const running = move.start(wholeRun);
    await waitForCopy();
    const { execFileSync } = await import("node:child_process");
    execFileSync("pkill", ["-9", "-P", String(running.child.pid), "psql"]);
    const ended = await running.ended;
    expect(ended.code).toBe(1);
    expect(ended.output).toContain("SIGKILL");
    expect(ended.output).toContain("no change of this run is in it");
    await waitForQuiet();
    expect(await everything()).toBe(before);
  });

  test("of the server's process: the lost connection is said, v2 as before", async () => {
    move = await makeMove(pair);
    await slowDown();
    const before = await everything();
    const running = move.start(wholeRun);
    const pid = await waitForCopy();
    await pair.v2.psql("postgres", `select pg_terminate_backend(${pid})`);
    const ended = await running.ended;
    expect(ended.code).toBe(1);
    expect(ended.output).toMatch(/next +npx movebook/);
    await waitForQuiet();
    expect(await everything()).toBe(before);
  });
});

describe("Ctrl-C", () => {
  test("ends the commands, says what state v2 is in, and exits with 130", async () => {
    move = await makeMove(pair);
    await slowDown();
    const before = await everything();
    const running = move.start(wholeRun);
    await waitForCopy();
    running.child.kill("SIGINT");
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    expect(ended.output).toContain("no change of this run is in it");
    expect(ended.output).toContain("npx movebook resume data-move --env dev");
    await waitForQuiet();
    expect(await everything()).toBe(before);
  });
});

describe("a second operator", () => {
  test("is told who holds the target and since when", async () => {
    move = await makeMove(pair);
    await slowDown();
    const running = move.start(wholeRun);
    await waitForCopy();
    const other = await move.movebook(["step", "data-move", "dump", ...dev]);
    expect(other.code).toBe(3);
    expect(other.output).toMatch(/locked by movebook .* since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    running.child.kill("SIGINT");
    await running.ended;
  });
});

describe("somebody holds a table", () => {
  test("the import does not wait for ever and names the session", async () => {
    move = await makeMove(pair);
    expect((await move.movebook(["step", "data-move", "dump", ...dev])).code).toBe(0);
    const holder = new pg.Client({
      connectionString: move.v2Url,
      application_name: "the old worker",
    });
    await holder.connect();
    await holder.query(`begin; lock table "Animal" in row exclusive mode`);
    const ended = await move.movebook(["step", "data-move", "import", ...dev]);
    await holder.end();
    expect(ended.code).toBe(1);
    expect(ended.output).toContain("the old worker");
  });
});

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
