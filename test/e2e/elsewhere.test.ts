import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { runLock } from "../../scripts/postgres/load-parts.ts";
import { makeMove, questions, startPair, type Move, type Pair } from "./support/move.ts";

/* A run goes on elsewhere, and a run whose lock is lost. */

let pair: Pair;
let move: Move;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());
afterEach(() => {
  for (const machine of ["first", "second"])
    rmSync(`${move.folder}-${machine}`, { recursive: true, force: true });
  move.remove();
});

const of = (verb: string, ...more: readonly string[]): string[] => [
  verb,
  "data-move",
  "--env",
  "dev",
  ...more,
];

test("a run that was left after its import is told of, refused to a new one, and finished on another machine", async () => {
  move = await makeMove(pair);
  expect((await move.movebook(of("run", "--until", "import"))).code).toBe(0);
  const [run = ""] = move.runs().map((folder) => folder.split("/").at(-1));
  renameSync(join(move.folder, "tmp"), `${move.folder}-first`);
  const status = await move.movebook(of("status"));
  expect(status.output).toContain(`Run ${run} (open, on another machine, begun `);
  const anew = await move.movebook(of("run"));
  expect(anew.code).toBe(3);
  expect(anew.output).toContain(`run ${run} is open and has changed the target (import done)`);
  const resumed = await move.movebook(of("resume"));
  expect(resumed.output).toContain(`Run ${run} of operator`);
  expect(resumed.output).toContain("RESULT: PASS");
  expect(resumed.code).toBe(0);
  // the first machine has it as open still: what was done elsewhere is not harmed by it
  renameSync(join(move.folder, "tmp"), `${move.folder}-second`);
  renameSync(`${move.folder}-first`, join(move.folder, "tmp"));
  const late = await move.movebook(of("status"));
  expect(late.output).not.toContain("on another machine");
  const again = await move.movebook(of("resume"));
  expect(again.output).toContain("RESULT: PASS");
  expect(again.code).toBe(0);
});

test("a load whose lock is lost ends as a failure, v2 is as before, and a resume finishes", async () => {
  move = await makeMove(pair);
  await move.inV2(
    `create function sleepy() returns bool language sql volatile as 'select pg_sleep(0.2) is not null';
     alter table "Animal" add constraint sleepy check (sleepy())`,
  );
  const everything = async (): Promise<string> =>
    (await Promise.all(Object.values(questions).map((sql) => move.inV2(sql)))).join("\n---\n");
  const before = await everything();
  const running = move.start(of("run"));
  await running.says("▶ import");
  for (let left = ""; left === "";)
    left = await move.inV2(
      `select pid from pg_stat_progress_copy where relid = '"Animal"'::regclass`,
    );
  await move.inV2(
    `select pg_terminate_backend(pid) from pg_locks
     where locktype = 'advisory' and classid = ${runLock.first} and objid = ${runLock.second}`,
  );
  const { code, output } = await running.ended;
  expect(output).toContain("the lock on the target was lost");
  expect(code).toBe(1);
  for (let left = "1"; left !== "0";)
    left = await move.inV2(
      `select count(*) from pg_stat_activity where datname = current_database() and application_name like 'movebook%'`,
    );
  expect(await everything()).toBe(before);
  await move.inV2(
    `create or replace function sleepy() returns bool language sql volatile as 'select true'`,
  );
  const resumed = await move.movebook(of("resume"));
  expect(resumed.output).toContain("RESULT: PASS");
  expect(resumed.code).toBe(0);
});
