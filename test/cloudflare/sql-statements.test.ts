import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../scripts/engine/failure.ts";
import { readStatements } from "../../scripts/cloudflare/sql-statements.ts";

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function split(sql: string, chunk = 1_000_000): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of readStatements(inChunks(Buffer.from(sql), chunk), "dump.sql"))
    for (const statement of batch) found.push(statement.sql.toString());
  return found;
}

async function places(sql: string): Promise<(readonly [number, number])[]> {
  const found: (readonly [number, number])[] = [];
  for await (const batch of readStatements(inChunks(Buffer.from(sql), 3), "dump.sql"))
    for (const { line, start } of batch) found.push([line, start]);
  return found;
}

const failureOf = async (sql: string): Promise<Failure> =>
  await split(sql).then(
    () => {
      throw new Error("it was read");
    },
    (error: unknown) => error as Failure,
  );

const trigger = `CREATE TRIGGER t AFTER INSERT ON a BEGIN
  UPDATE a SET b = CASE WHEN b = 'END;' THEN CASE WHEN 1 THEN 'x;' END ELSE 1 END;
  SELECT "END;" /* END; */ -- END;
  FROM a;
END`;

const hostile = [
  "PRAGMA defer_foreign_keys=TRUE",
  `CREATE TABLE a (b TEXT DEFAULT 'x;y''z', "c;d" -- it's; a comment
  , [e;f'] TEXT CHECK (b <> ');"'), \`g;\` /* ; ' " */ INT)`,
  `INSERT INTO "a" VALUES('it''s; \n--no comment',X'00','é\u{1f600};')`,
  'INSERT INTO "a" VALUES(1-1,3/2)',
  trigger,
  "create temp trigger u after insert on a begin select 1; end",
  "CREATE VIEW v AS SELECT 1",
];

describe("the statements of a dump", () => {
  it("end at a `;` outside of quotes, comments and trigger bodies", async () => {
    expect(await split(hostile.map((sql) => `${sql};`).join("\n"))).toEqual(hostile);
  });

  it("are the same whatever the size of the chunks that bring them", async () => {
    const text = hostile.map((sql) => `${sql};\n/* between; */ -- and; again\n`).join("");
    for (let size = 1; size < 40; size += 1) expect(await split(text, size)).toEqual(hostile);
  });

  it("know their line and their offset", async () => {
    const text = "A 'x\ny';\n\n-- c\n  B;C\n1;";
    expect(await places(text)).toEqual([
      [1, 0],
      [5, text.indexOf("B")],
      [5, text.indexOf("C")],
    ]);
  });

  it("may end in a comment that swallowed the `;`, as SQLite stores it", async () => {
    const swallowed = [
      "CREATE TABLE a (b) STRICT -- kept; by SQLite",
      'INSERT INTO "a" VALUES(1)',
      "CREATE INDEX i ON a (b) -- first",
      "CREATE VIEW v AS SELECT 1 -- second",
      trigger,
      "CREATE VIEW w AS SELECT 1 -- last",
    ];
    const text = swallowed.map((sql) => `${sql};`).join("\n");
    for (const size of [1, 2, 3, 7, 1_000]) expect(await split(text, size)).toEqual(swallowed);
  });

  it("do not end at a comment inside of brackets, whatever the next line begins with", async () => {
    const sql = "CREATE TABLE a (b, -- old;\nCREATE TEXT)";
    expect(await split(`${sql};`)).toEqual([sql]);
  });

  it("are split whatever random quoted text stands in them", async () => {
    const quoted = fc
      .tuple(fc.constantFrom("'", '"', "`"), fc.string({ unit: "binary" }))
      .map(([quote, text]) => `${quote}${text.replaceAll(quote, quote + quote)}${quote}`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(quoted, { minLength: 1 }),
        fc.integer({ min: 1, max: 20 }),
        async (texts, size) => {
          const statements = texts.map((text) => `SELECT ${Buffer.from(text).toString()}`);
          expect(await split(statements.map((sql) => `${sql};\n`).join(""), size)).toEqual(
            statements,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it("are scanned once, however long they are", async () => {
    const long = `INSERT INTO "a" VALUES('${"x;'';".repeat(1_500_000)}')`;
    const [first] = await split(`${long};\nB;`, 65_536);
    expect(first?.length).toBe(long.length);
  });
});

describe("a dump that was cut off", () => {
  it("is refused at every byte but the ends of its statements", async () => {
    const text = hostile.map((sql) => `${sql};`).join("\n");
    const bytes = Buffer.from(text);
    const ends = new Set<number>([0]);
    let offset = 0;
    for (const sql of hostile) {
      offset += Buffer.byteLength(sql) + 1;
      ends.add(offset).add(++offset);
    }
    for (let length = 0; length < bytes.length; length += 1) {
      const cut = split(bytes.subarray(0, length).toString("latin1"));
      const isRead = await cut.then(
        () => true,
        (error: unknown) => !(error instanceof Failure),
      );
      expect(isRead, `cut at ${length}`).toBe(ends.has(length));
    }
  });

  it("is refused with the line where the open statement begins", async () => {
    const failure = await failureOf("A;\nB\n'c\nd");
    expect(failure.problems).toEqual([
      {
        what: "The file is cut off: it ends inside a statement",
        where: "line 2 of dump.sql",
        todo: "Export v1 again and do not open the file in between.",
      },
    ]);
  });
});

describe("line endings", () => {
  it("of CR LF are refused by name", async () => {
    const failure = await failureOf("A;\r\nB;\r\n");
    expect(failure.problems[0]?.what).toMatch(/CR LF: a tool has changed the file/);
    expect(failure.problems[0]?.where).toBe("line 1 of dump.sql");
  });

  it("of CR LF inside a CREATE TABLE are v1's own", async () => {
    expect(await split("CREATE TABLE a (\r\n  b\r\n);\nC;")).toHaveLength(2);
  });
});
