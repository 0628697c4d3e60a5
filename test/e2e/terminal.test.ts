import { execFileSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeMove, questions, startPair, type Move, type Pair } from "./support/move.ts";
import { startOnTerminal, type Terminal } from "./support/terminal.ts";

/* The command in front of a person: a spinner while it works, and a clean terminal afterwards, whatever happened. */

let pair: Pair;
let move: Move;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());
afterEach(() => move.remove());

const dev = ["--env", "dev"];
const wholeRun = ["run", "data-move", ...dev];
const spinnerFrame = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/;
// oxlint-disable-next-line no-control-regex -- colours are what is looked for
const colour = /\u001b\[(?:1|2|3\d)m/;

/** The cursor is there again, no spinner is left, and the shell's prompt will stand on a line of its own. */
function expectClean(terminal: Terminal): void {
  const raw = terminal.raw();
  expect(raw.lastIndexOf("\u001b[?25h")).toBeGreaterThanOrEqual(raw.lastIndexOf("\u001b[?25l"));
  const screen = terminal.screen();
  expect(screen).not.toMatch(spinnerFrame);
  expect(screen.endsWith("\n"), JSON.stringify(screen.slice(-200))).toBe(true);
}

/** Makes the load of Animal slow, by a check of v2 that sleeps. */
const slowDown = (): Promise<string> =>
  move.inV2(
    `create function sleepy() returns bool language sql volatile as 'select pg_sleep(0.2) is not null';
     alter table "Animal" add constraint sleepy check (sleepy())`,
  );

async function waitFor(question: string, answer: (said: string) => boolean): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (answer(await move.inV2(question))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain: ${question}`);
}

const waitForCopy = (): Promise<void> =>
  waitFor(
    `select count(*) from pg_stat_progress_copy where relid = '"Animal"'::regclass`,
    (said) => said === "1",
  );
const waitForQuiet = (): Promise<void> =>
  waitFor(
    `select count(*) from pg_stat_activity where datname = current_database() and application_name like 'movebook%'`,
    (said) => said === "0",
  );

const everything = async (): Promise<string> =>
  (await Promise.all(Object.values(questions).map((sql) => move.inV2(sql)))).join("\n---\n");

describe("a whole run on a terminal", () => {
  test("has colours and a spinner, and leaves nothing of it", async () => {
    move = await makeMove(pair);
    await slowDown();
    const terminal = startOnTerminal(move, wholeRun);
    const { code } = await terminal.ended;
    expect(code, terminal.screen()).toBe(0);
    expect(terminal.raw()).toMatch(colour);
    expect(terminal.raw()).toMatch(spinnerFrame);
    expect(terminal.screen()).toContain("RESULT: PASS - All integrity checks passed");
    expect(terminal.screen()).toContain("✓ Import v1 data completed");
    expectClean(terminal);
  });

  test("shows no colour with NO_COLOR, and the same words", async () => {
    move = await makeMove(pair);
    const terminal = startOnTerminal(move, wholeRun, { NO_COLOR: "1" });
    const { code } = await terminal.ended;
    expect(code).toBe(0);
    expect(terminal.raw()).not.toMatch(colour);
    expect(terminal.screen()).toContain("RESULT: PASS");
    expectClean(terminal);
  });

  test("shows a failure on one screen, without row values", async () => {
    move = await makeMove(pair);
    await move.inV1(
      `alter table "Contact" alter "firstName" drop not null; update "Contact" set "firstName" = null, "lastName" = 'canary'`,
    );
    expect((await move.movebook(["step", "data-move", "dump", ...dev])).code).toBe(0);
    const terminal = startOnTerminal(move, ["step", "data-move", "import", ...dev]);
    const { code } = await terminal.ended;
    expect(code).toBe(1);
    expect(terminal.screen()).toContain("NULL in 18 rows of v1");
    expect(terminal.screen()).toContain("next     npx movebook run data-move --env dev");
    expect(terminal.screen()).not.toContain("canary");
    expectClean(terminal);
  });
});

describe("Ctrl-C on the terminal, in the middle of the load", () => {
  test("ends in order: what state v2 is in, the next command, a clean terminal", async () => {
    move = await makeMove(pair);
    await slowDown();
    const before = await everything();
    const terminal = startOnTerminal(move, wholeRun);
    await waitForCopy();
    terminal.type("\u0003");
    const { code } = await terminal.ended;
    expect(code, terminal.screen()).toBe(130);
    expect(terminal.screen()).toContain("cancelling");
    expect(terminal.screen()).toContain("nothing in v2: no change of this run is in it");
    expect(terminal.screen()).toContain("npx movebook resume data-move --env dev");
    expectClean(terminal);
    await waitForQuiet();
    expect(await everything()).toBe(before);
  });

  test("twice: it leaves at once, no program is left behind, v2 is as before", async () => {
    move = await makeMove(pair);
    await slowDown();
    const before = await everything();
    const terminal = startOnTerminal(move, wholeRun);
    await waitForCopy();
    terminal.type("\u0003");
    await terminal.shows("cancelling");
    // sooner than that it would be taken for the same Ctrl-C, handed on by npm
    await new Promise((resolve) => setTimeout(resolve, 600));
    terminal.type("\u0003");
    const { code } = await terminal.ended;
    expect(code).toBe(130);
    expectClean(terminal);
    await waitForQuiet();
    expect(await everything()).toBe(before);
    const left = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
    expect(left).not.toMatch(new RegExp(`psql.*${move.folder}`));
  });
});

describe("prod asks for the target's name", () => {
  const prod = (): Record<string, string> => ({
    V1_PROD_SNAPSHOT_DIRECT_URL: move.v1Url,
    DATABASE_DIRECT_URL: move.v2Url,
  });
  const run = ["run", "data-move", "--env", "prod", "--override", "dev-move-tested=by hand"];

  test("the right name lets it go on", async () => {
    move = await makeMove(pair);
    const terminal = startOnTerminal(move, run, prod());
    await terminal.shows(`Type the target's name (${move.v2Database}) to go on:`);
    // v2 is untouched until the answer
    expect(await move.inV2(questions.rows)).toBe("0|0|0");
    terminal.type(`${move.v2Database}\r`);
    const { code } = await terminal.ended;
    expect(code, terminal.screen()).toBe(0);
    expect(terminal.screen()).toContain("RESULT: PASS");
    expectClean(terminal);
  });

  test.each([
    ["another name", "shop\r"],
    ["no name", "\r"],
    ["the end of input", "\u0004"],
  ])("%s: nothing changes, and the call with --confirm is shown", async (_, keys) => {
    move = await makeMove(pair);
    const terminal = startOnTerminal(move, run, prod());
    await terminal.shows("to go on:");
    terminal.type(keys);
    const { code } = await terminal.ended;
    expect(code, terminal.screen()).toBe(3);
    expect(terminal.screen()).toContain(`--confirm ${move.v2Database}`);
    expect(await move.inV2(questions.rows)).toBe("0|0|0");
    expectClean(terminal);
  });

  test("Ctrl-C at the question cancels", async () => {
    move = await makeMove(pair);
    const terminal = startOnTerminal(move, run, prod());
    await terminal.shows("to go on:");
    terminal.type("\u0003");
    const { code } = await terminal.ended;
    expect(code, terminal.screen()).toBe(130);
    expect(await move.inV2(questions.rows)).toBe("0|0|0");
    expectClean(terminal);
  });
});
