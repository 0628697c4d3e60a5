import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../scripts/engine/failure.ts";
import { executeCommand } from "../../scripts/engine/shell.ts";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import { withDatabase } from "../../scripts/postgres/database.ts";
import { dropLedger } from "../../scripts/postgres/drop-ledger.ts";
import {
  buildLedger,
  buildLedgerEntry,
  readLedger,
  verifyLayout,
} from "../../scripts/postgres/ledger.ts";
import {
  buildRunCheck,
  buildRunEntry,
  findStoredRun,
  moveRun,
  type RunEntry,
} from "../../scripts/postgres/ledger-run.ts";
import { PartMaker } from "../../scripts/postgres/load-parts.ts";
import { buildPsqlCommand } from "../../scripts/postgres/psql.ts";
import { startTwoDatabases, type TwoDatabases } from "./two-databases.ts";

let two: TwoDatabases;

beforeAll(async () => {
  two = await startTwoDatabases();
});
afterAll(() => two.stop());
beforeEach(async () => {
  await two.run("v2", "drop schema if exists movebook cascade");
});

const nasty = `{"what":"it's \\"→\\" C:\\\\new é \\u0000"}\n{"a":":name :'x' :{?y} \\\\. $1 $$ $movebook$ \\\\q"}\n`;
const entry = (more: Partial<RunEntry> = {}): RunEntry => ({
  run: "r1",
  environment: "dev",
  phase: "keys-dropped",
  journal: nasty,
  files: { "schema.sql": "-- é → 'x' \\.\n\\.\n\0\u{1f600}\n" },
  ...more,
});
const key = {
  schema: "public",
  table: "t",
  name: "k",
  definition: "FOREIGN KEY (a) REFERENCES public.u(id)",
  validated: true,
  comment: null,
  tableKind: "r" as const,
  referencedKind: "r" as const,
  copies: [],
};
const thrown = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw new Error("no Failure was thrown", { cause: error });
};
const text = ({ message, problems }: Failure): string =>
  [message, ...problems.flatMap(({ what, todo }) => [what, todo])].join("\n");

describe("the ledger", () => {
  it("is not there before a move, made once, and dropped whole", async () => {
    expect(await readLedger(two.target)).toMatchObject({ exists: false, layout: undefined });
    await two.target.query(buildLedger());
    await two.target.query(buildLedger());
    expect(await readLedger(two.target)).toEqual({
      exists: true,
      layout: 2,
      unrestored: [],
      restored: [],
      imports: [],
      runs: [],
    });
    expect(await two.target.query("select layout from movebook.ledger")).toHaveLength(1);
    expect(await dropLedger(two.target)).toBe(true);
    expect(await two.target.query("select to_regnamespace('movebook') as is")).toEqual([
      { is: null },
    ]);
    expect(await dropLedger(two.target)).toBe(false);
  });

  it("lives in a schema that was made for a role that may make none, and leaves it there", async () => {
    await two.server.psql(
      "move_v2",
      "create schema movebook authorization move_owner; alter database move_v2 owner to postgres",
    );
    await two.target.query(buildLedger());
    await dropLedger(two.target);
    expect(await readLedger(two.target)).toMatchObject({ exists: false });
    expect(await two.target.query("select to_regnamespace('movebook')::text as is")).toEqual([
      { is: "movebook" },
    ]);
    await two.target.query(buildLedger());
    await two.server.psql("move_v2", "alter database move_v2 owner to move_owner");
  });

  it("of layout 1 gives its keys and nothing else; it is not made into one of layout 2", async () => {
    await two.run("v2", buildLedger());
    await two.run(
      "v2",
      `drop table movebook.ledger, movebook.runs;
       alter table movebook.imports drop column tables, drop column replaced;
       insert into movebook.imports (run, environment, dump_sha256, table_count, row_count) values ('old', 'dev', 'x', 1, 1);
       ${buildLedgerEntry("old", key)}`,
    );
    const ledger = await readLedger(two.target);
    expect(ledger).toMatchObject({ layout: 1, unrestored: [{ name: "k" }], runs: [] });
    expect(ledger.imports).toMatchObject([{ run: "old", tables: [], replaced: false }]);
    await expect(two.target.query(buildLedger())).rejects.toThrow(
      "layout 1 of an earlier movebook",
    );
    const failure = await thrown(
      Promise.reject(refusalOf(() => verifyLayout(ledger, "movebook step x"))),
    );
    expect(failure.exitCode).toBe(3);
    expect(text(failure)).toMatch(/earlier movebook[^]*layout 1[^]*keys back: movebook step x/u);
  });

  it("of a layout to come is refused by the version that made it", async () => {
    await two.run(
      "v2",
      `${buildLedger()} update movebook.ledger set layout = 3, movebook = '9.1.0'`,
    );
    const failure = await thrown(readLedger(two.target));
    expect(failure.exitCode).toBe(3);
    expect(text(failure)).toMatch(/made by movebook 9\.1\.0[^]*layout 3[^]*Use movebook 9\.1\.0/u);
  });
});

/** What a function throws, as a value. */
function refusalOf(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a run in the ledger", () => {
  it("keeps its journal and files to the character, whatever they hold", async () => {
    await moveRun(two.target, entry());
    const stored = await findStoredRun(two.target, "r1");
    expect(stored?.files).toEqual(entry().files);
    const parse = (journal = ""): unknown[] =>
      journal
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
    expect(parse(stored?.journal)).toEqual(parse(nasty));
    expect(await findStoredRun(two.target, "r2")).toBeUndefined();
  });

  it("is kept by a database whose encoding lacks the characters", async () => {
    await two.server.psql(
      "postgres",
      "create database latin owner move_owner template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'",
    );
    const url = two.urls.target.replace("/move_v2", "/latin");
    const options = { readOnly: false, applicationName: "test" };
    await withDatabase(parseConnectionUrl(url), options, async (latin) => {
      await moveRun(latin, entry());
      expect((await findStoredRun(latin, "r1"))?.files).toEqual(entry().files);
    });
  });

  it("moves on from the phases before only, and an error names the one that was found", async () => {
    const move = (phase: RunEntry["phase"]) => moveRun(two.target, entry({ phase }));
    for (const phase of [
      "keys-dropped",
      "keys-dropped",
      "loaded",
      "finishing",
      "finishing",
    ] as const)
      await move(phase);
    expect(text(await thrown(move("loaded")))).toMatch(
      /cannot come to "loaded"[^]*it is "finishing"/u,
    );
    await thrown(move("keys-dropped"));
    await move("undoing");
    await thrown(move("finishing"));
    expect((await readLedger(two.target)).runs).toMatchObject([{ run: "r1", phase: "undoing" }]);
  });

  it("is sent through psql as it is, also when it is large and v2's role turns escapes around", async () => {
    await two.server.psql(
      "postgres",
      "alter role move_owner set standard_conforming_strings = off; alter role move_owner set backslash_quote = off",
    );
    const large = entry({
      phase: "loaded",
      files: { "schema.sql": 'create table "x→" -- \\\n'.repeat(100_000) },
    });
    await send([buildLedger(), buildRunEntry(large), buildRunCheck(large)]);
    expect(await findStoredRun(two.target, "r1")).toMatchObject({ files: large.files });
    const back = entry({ phase: "keys-dropped" });
    await expect(send([buildRunEntry(back), buildRunCheck(back)])).rejects.toThrow(
      /cannot come to "keys-dropped": in the ledger it is "loaded"/u,
    );
  });
});

/** Sends SQL as one transaction through psql. */
async function send(lines: readonly string[]): Promise<void> {
  const endpoint = parseConnectionUrl(two.urls.target);
  const options = {
    program: "psql",
    title: "test",
    applicationName: "test",
    readOnly: false,
  };
  const parts = [new PartMaker().make(["begin;", ...lines, "commit;"])];
  const signal = new AbortController().signal;
  await executeCommand(buildPsqlCommand(endpoint, options, parts), "/tmp", signal).catch(
    (error: unknown) => {
      throw new Error((error as { stderr?: string }).stderr, { cause: error });
    },
  );
}
