import {
  appendFileSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Told } from "./support/in-process.ts";
import { prepare, type TrialStage } from "./support/trial.ts";
import { findTruth, listDifferences } from "./support/truth.ts";

/* Files of a run that are not what they were: nothing is guessed, v2 is not touched, and there is a way on. */

let made: TrialStage;
beforeAll(async () => {
  made = await prepare([
    { from: "fresh", words: "step dump", to: "dumped" },
    { from: "dumped", words: "step import", to: "imported" },
    { from: "dumped", words: "step drop-foreign-keys", to: "keys-dropped" },
  ]);
});
afterAll(() => made.stage.stop());

const file = (name: string): string => join(made.stage.here.newestRun(), name);
/** Goes on. @returns in what v2 differs from an undisturbed move's */
const finish = async (): Promise<readonly string[]> => {
  const { code, output } = await made.stage.call("resume");
  return code === 0 ? listDifferences(made.finished, await made.stage.picture()) : [output];
};
/** In what v2 differs from before the move. */
const findTouched = async (): Promise<readonly string[]> =>
  listDifferences(made.untouched, await made.stage.picture());
const expectRefusal = ({ code, output }: Told, ...words: readonly string[]): void => {
  expect(code, output).toBe(3);
  for (const word of words) expect(output).toContain(word);
};

const change = (key: string, value: unknown) => (manifest: string) => {
  const content = JSON.parse(readFileSync(manifest, "utf8")) as Record<string, unknown>;
  writeFileSync(manifest, JSON.stringify({ ...content, [key]: value }));
};
const countOneMore = (manifest: string): void => {
  const content = JSON.parse(readFileSync(manifest, "utf8")) as { sections: { rows: number }[] };
  for (const section of content.sections) section.rows += 1;
  writeFileSync(manifest, JSON.stringify(content));
};
const changeByte = (dump: string): void => {
  const bytes = readFileSync(dump);
  bytes.write("kennel 4", bytes.indexOf("kennel 3"));
  writeFileSync(dump, bytes);
};
const more = "COPY public.kennel (id, name) FROM stdin;\n99\tmore\n\\.\n";
const [dump, manifest] = ["v1_data.sql", "v1_data.manifest.json"];

describe("a dump or a manifest that cannot be the run's is made anew", () => {
  const damages: readonly (readonly [string, string, (path: string) => void])[] = [
    ["a dump that is cut", dump, (path) => truncateSync(path, 2_000)],
    ["a dump that has grown", dump, (path) => appendFileSync(path, more)],
    ["a dump that is gone", dump, (path) => rmSync(path)],
    ["a manifest that is cut", manifest, (path) => truncateSync(path, 300)],
    ["a manifest of another version", manifest, change("v", 2)],
    ["a manifest that is gone", manifest, (path) => rmSync(path)],
  ];
  test.each(damages)("%s", async (_, name, damage) => {
    await made.stage.goBackTo("dumped");
    damage(file(name));
    const { code, output } = await made.stage.call("resume");
    expect(code, output).toBe(0);
    expect(output).toContain("pg_dump completed successfully");
    expect(listDifferences(made.finished, await made.stage.picture())).toEqual([]);
  });
});

describe("a dump or a manifest that somebody has changed is not loaded", () => {
  const other = { host: "elsewhere", port: "1", database: "kennel", user: "kennel_owner" };
  const damages: readonly (readonly [string, string, (path: string) => void, string])[] = [
    ["a dump with one other byte", dump, changeByte, "v1_data.sql"],
    [
      "a manifest of another run",
      manifest,
      change("run", "20250101T000000.000Z-0000"),
      "run is 20250101T000000.000Z-0000",
    ],
    ["a manifest of prod", manifest, change("environment", "prod"), "environment is prod"],
    ["a manifest of another v1", manifest, change("source", other), "host is elsewhere"],
    ["a manifest that counts other rows", manifest, countOneMore, "rows"],
  ];
  test.each(damages)("%s", async (_, name, damage, word) => {
    await made.stage.goBackTo("dumped");
    damage(file(name));
    const { code, output } = await made.stage.call("resume");
    expect([1, 3], output).toContain(code);
    expect(output).toContain(word);
    expect(await findTouched()).toEqual([]);
    expect((await made.stage.call("step dump")).code).toBe(0);
    expect(await finish()).toEqual([]);
  });
});

describe("the journal", () => {
  const lines = (): string[] => readFileSync(file("journal.jsonl"), "utf8").split("\n");

  test("whose last line was cut by a kill is read without it", async () => {
    await made.stage.goBackTo("imported");
    const journal = file("journal.jsonl");
    truncateSync(journal, readFileSync(journal).length - 20);
    expect(await finish()).toEqual([]);
  });

  const damages: Readonly<Record<string, (text: readonly string[]) => readonly string[]>> = {
    "with a line that is no JSON": (text) => text.with(2, "{ not mine"),
    "with zeros in the middle, as a disk leaves them": (text) => text.with(2, "\0".repeat(80)),
    "without its first line": (text) => text.slice(1),
    "of another version": (text) => text.with(0, (text[0] ?? "").replace(`"v":1`, `"v":9`)),
  };
  test.each(Object.entries(damages))(
    "%s: file and line are said, and v2 is left alone",
    async (_, damage) => {
      await made.stage.goBackTo("keys-dropped");
      writeFileSync(file("journal.jsonl"), damage(lines()).join("\n"));
      for (const verb of ["resume", "undo", "run"])
        expectRefusal(await made.stage.call(verb), file("journal.jsonl"));
      const truth = await findTruth(made.stage, made.before);
      expect(truth.rows).toBe(0);
      expect(truth.missing).toHaveLength(made.before.keys.length);
      const told = await made.stage.call("status");
      expect(told.code, told.output).toBe(6);
      expect(told.output).toContain("journal");
    },
  );

  test("that is damaged can be moved away: v2's ledger knows the run", async () => {
    await made.stage.goBackTo("imported");
    const run = made.stage.here.newestRun();
    writeFileSync(file("journal.jsonl"), "{ not mine\n");
    // not below the project: git would see it
    const aside = `${made.stage.here.folder}-aside`;
    renameSync(run, aside);
    expect(await finish()).toEqual([]);
    rmSync(aside, { recursive: true });
  });
});

describe("the folder of the runs", () => {
  test.each(["imported", "keys-dropped"])(
    "removed with %s: undo works from v2's ledger",
    async (state) => {
      await made.stage.goBackTo(state);
      rmSync(join(made.stage.here.folder, "tmp"), { recursive: true });
      const ended = await made.stage.call("undo");
      expect(ended.code, ended.output).toBe(0);
      expect(await findTouched()).toEqual([]);
    },
  );
});

describe("the ledger's schema in v2, dropped by hand", () => {
  const drop = (): Promise<string> => made.stage.inV2("drop schema movebook cascade");

  const loseKeys = async (): Promise<void> => {
    await made.stage.goBackTo("keys-dropped");
    await drop();
    const told = await made.stage.call("status");
    expect(told.code, told.output).toBe(6);
  };

  test("while the keys are gone: the journal mends it before the run goes on", async () => {
    await loseKeys();
    expectRefusal(await made.stage.call("resume"), "step data-move restore-foreign-keys");
    expect((await made.stage.call("step restore-foreign-keys")).code).toBe(0);
    expect(await finish()).toEqual([]);
  });

  test("while the keys are gone: undo puts them back from the journal", async () => {
    await loseKeys();
    const ended = await made.stage.call("undo");
    expect(ended.code, ended.output).toBe(0);
    expect(await findTouched()).toEqual([]);
  });

  test.each(["resume", "undo"] as const)(
    "after the import: the rows are told, %s ends well",
    async (verb) => {
      await made.stage.goBackTo("imported");
      await drop();
      const told = await made.stage.call("status");
      expect(told.code, told.output).toBe(0);
      expect(told.output).not.toContain("nothing in v2");
      const ended = await made.stage.call(verb);
      expect(ended.code, ended.output).toBe(0);
      const wanted = verb === "undo" ? made.untouched : made.finished;
      expect(listDifferences(wanted, await made.stage.picture())).toEqual([]);
    },
  );
});
