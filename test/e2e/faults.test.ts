import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  makeMove,
  questions,
  readReports,
  startPair,
  type Move,
  type Pair,
} from "./support/move.ts";

/*
 * What went wrong when this plan was carried out by hand-written scripts, each with the real command on real servers.
 */

let pair: Pair;
let move: Move;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());
afterEach(() => move.remove());

const dev = ["--env", "dev"];
const wholeRun = ["run", "data-move", ...dev];
const step = (name: string): string[] => ["step", "data-move", name, ...dev];

describe("fault 1: a validator that ran 0 of its queries and passed", () => {
  const addCheck = (name: string, sql: string): void => {
    mkdirSync(join(move.folder, "sql/data-move/checks"), { recursive: true });
    writeFileSync(join(move.folder, "sql/data-move/checks", name), sql);
  };
  const run = (): ReturnType<Move["movebook"]> => move.movebook([...wholeRun, "--allow-dirty"]);

  test("a check file that begins with comments runs, and its rows are violations", async () => {
    move = await makeMove(pair);
    addCheck(
      "no-cats.sql",
      `-- Are there cats?\n/* a comment; with a semicolon */\n-- and one more;\nselect id from "Animal" where species = 'CAT';\n`,
    );
    const ended = await run();
    expect(ended.output).toContain("no-cats");
    expect(ended.output).toContain("RESULT: FAIL");
    expect(ended.code).toBe(5);
  });

  test("a check that cannot run is a failure", async () => {
    move = await makeMove(pair);
    addCheck("broken.sql", `-- Is this a query?\nselect id from "NoSuchTable";\n`);
    const ended = await run();
    expect(ended.output).toMatch(/(\d+) of (?!\1)\d+ checks ran/);
    expect(ended.code).toBe(5);
  });
});

describe("fault 2: a second run that overwrote the backup of the foreign keys", () => {
  test("a second drop keeps the unrestored ledger, and every key comes back as it was", async () => {
    move = await makeMove(pair);
    const before = await move.inV2(questions.keys);
    expect((await move.movebook(step("dump"))).code).toBe(0);
    expect((await move.movebook(step("drop-foreign-keys"))).code).toBe(0);
    const ledger = await move.inV2(
      "select count(*) from movebook.foreign_keys where restored_at is null",
    );
    expect(Number(ledger)).toBeGreaterThan(30);
    const again = await move.movebook(step("drop-foreign-keys"));
    expect(again.code).toBe(0);
    expect(again.output).toContain("they are kept");
    expect(
      await move.inV2("select count(*) from movebook.foreign_keys where restored_at is null"),
    ).toBe(ledger);
    expect((await move.movebook(step("import"))).code).toBe(0);
    expect((await move.movebook(step("restore-foreign-keys"))).code).toBe(0);
    expect(await move.inV2(questions.keys)).toBe(before);
  });
});

describe("fault 3: v2's own migration history was truncated and dropped", () => {
  test("it is the same before and after, and v1's rows are not in it", async () => {
    move = await makeMove(pair);
    const before = await move.inV2(questions.history);
    const ended = await move.movebook(wholeRun);
    expect(ended.output).toContain("kept");
    expect(ended.code).toBe(0);
    expect(await move.inV2(questions.history)).toBe(before);
  });

  test("a history of another tool than v2's is v1's artefact and goes", async () => {
    move = await makeMove(pair);
    await move.inV2(
      "create table schema_migrations (version varchar(255) primary key); insert into schema_migrations values ('1')",
    );
    const unnamed = await move.movebook(wholeRun);
    expect(unnamed.code).toBe(3);
    expect(unnamed.output).toContain("V2_MIGRATION_TOOL");
    const named = await move.movebook(wholeRun, { env: { V2_MIGRATION_TOOL: "prisma" } });
    expect(named.code).toBe(0);
    expect(await move.inV2("select to_regclass('schema_migrations') is null")).toBe("t");
  });
});

describe("fault 4: foreign keys were counted, and only in public", () => {
  test("a key that was replaced by another one is seen, in every schema", async () => {
    move = await makeMove(pair);
    for (const name of [
      "dump",
      "drop-foreign-keys",
      "import",
      "restore-foreign-keys",
      "postimport",
    ]) {
      expect((await move.movebook(step(name))).code).toBe(0);
    }
    await move.inV2(
      `alter table "Contact" drop constraint "Contact_tenantId_fkey";
       alter table "Contact" add constraint "Contact_tenantId_fkey" foreign key ("tenantId") references "Tenant" (id) on delete cascade deferrable`,
    );
    const ended = await move.movebook(step("validate"));
    expect(ended.output).toContain("Contact_tenantId_fkey");
    expect(ended.code).toBe(5);
  });
});

describe("fault 5: no emptiness check", () => {
  test("a second import is refused before anything changes, with the tables and their rows", async () => {
    move = await makeMove(pair);
    expect((await move.movebook(wholeRun)).code).toBe(0);
    const rows = await move.inV2(questions.rows);
    const again = await move.movebook(wholeRun);
    expect(again.code).toBe(3);
    expect(again.output).toMatch(/Animal.*\d+ rows|\d+ rows.*Animal/);
    expect(await move.inV2(questions.rows)).toBe(rows);
  });
});

describe("fault 6: 'direct' was judged by port 6543", () => {
  test("a -pooler host is named before anything is connected to it", async () => {
    move = await makeMove(pair);
    const ended = await move.movebook(step("preflight"), {
      env: {
        V1_DEV_SNAPSHOT_DIRECT_URL:
          "postgresql://app:s3cretpassw0rd@ep-cool-sun-123-pooler.localhost:5432/shop",
      },
    });
    expect(ended.code).toBe(3);
    expect(ended.output).toContain("-pooler");
    expect(ended.output).not.toContain("s3cretpassw0rd");
  });
});

describe("fault 8: dev and prod shared one dump file", () => {
  test("a dump of dev that was copied into a prod run is refused", async () => {
    move = await makeMove(pair);
    expect((await move.movebook(step("dump"))).code).toBe(0);
    const prod = { V1_PROD_SNAPSHOT_DIRECT_URL: move.v1Url, DATABASE_DIRECT_URL: move.v2Url };
    const asProd = (name: string) =>
      move.movebook(["step", "data-move", name, "--env", "prod", "--confirm", move.v2Database], {
        env: prod,
      });
    expect((await asProd("dump")).code).toBe(0);
    const [devRun, prodRun] = [move.runs("dev")[0] ?? "", move.runs("prod")[0] ?? ""];
    for (const name of readdirSync(devRun).filter((file) => file.startsWith("v1_data"))) {
      cpSync(join(devRun, name), join(prodRun, name));
    }
    const ended = await asProd("import");
    expect(ended.code).toBe(3);
    expect(ended.output).toMatch(/environment is dev, not prod/);
    expect(await move.inV2(`select count(*) from "Animal"`)).toBe("0");
  });
});

describe("fault 9: identity columns kept their sequence at 1", () => {
  test("after the move every new row gets a free number", async () => {
    move = await makeMove(pair);
    expect((await move.movebook(wholeRun)).code).toBe(0);
    const behind = await move.inV2(
      `select s.schemaname, s.sequencename from pg_sequences s join pg_class c on c.relname = s.sequencename
       join pg_depend d on d.objid = c.oid and d.deptype in ('a', 'i') and d.refobjsubid > 0
       join pg_class t on t.oid = d.refobjid where s.last_value is null and t.reltuples > 0`,
    );
    expect(behind).toBe("");
  });
});

describe("fault 10: sample rows were left to the operator", () => {
  test("all rows that break a key are counted, ten are in the report, none is on the screen", async () => {
    move = await makeMove(pair);
    await move.inV1(
      `alter table "Invoice" drop constraint "Invoice_clientPartyId_fkey";
       update "Invoice" set "clientPartyId" = 987654321 where id in (select id from "Invoice" order by id limit 12)`,
    );
    const refusedEarly = await move.movebook(wholeRun);
    expect(refusedEarly.code).toBe(3);
    expect(refusedEarly.output).toContain("12");
    expect((await move.movebook(step("dump"))).code).toBe(0);
    const ended = await move.movebook(step("import"));
    expect(ended.code).toBe(1);
    expect(ended.output).toContain("12 rows of Invoice");
    expect(ended.output).toContain("Invoice_clientPartyId_fkey");
    expect(ended.output).not.toContain("987654321");
    const report = readReports(move.runs().at(-1) ?? "", "import");
    expect(report.match(/"clientPartyId" : 987654321/g)?.length).toBe(10);
    expect(await move.inV2(questions.rows)).toBe("0|0|0");
    expect(await move.inV2(questions.schemas)).not.toContain("movebook");
  });
});

describe("fault 7: the URL with its password was in argv", () => {
  test("no process of the move has the password in its arguments, and no file or output holds it", async () => {
    move = await makeMove(pair);
    const password = new URL(move.v2Url).password;
    const other = new URL(move.v1Url).password;
    const seen = new Set<string>();
    const running = move.start(wholeRun);
    const watch = setInterval(() => {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
          seen.add(readFileSync(join("/proc", pid, "cmdline"), "utf8").replaceAll("\0", " "));
        } catch {
          // it has ended
        }
      }
    }, 5);
    const ended = await running.ended;
    clearInterval(watch);
    expect(ended.code).toBe(0);
    const commands = [...seen].join("\n");
    expect(commands).toContain("pg_dump");
    expect(commands).toMatch(/psql .*service=movebook/);
    const files = move.runs().flatMap((run) =>
      readdirSync(run)
        .filter((name) => name !== "v1_data.sql")
        .map((name) => join(run, name)),
    );
    expect(files.map((file) => basename(file))).toContain("journal.jsonl");
    const everything = [
      commands,
      ended.output,
      ...files.map((file) => readFileSync(file, "utf8")),
    ].join("\n");
    for (const secret of [password, other]) expect(everything).not.toContain(secret);
  });
});
