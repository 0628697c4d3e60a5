import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { listProblems } from "../../../scripts/engine/check.ts";
import { refused } from "../../../scripts/engine/failure.ts";
import type { StepContext } from "../../../scripts/engine/step.ts";
import { readImportManifest } from "../../../scripts/cloudflare/import-manifest.ts";
import { Scratch } from "../../../scripts/cloudflare/scratch.ts";
import { runFile } from "../../../scripts/steps/d1-workspaces/run-files.ts";
import { transform } from "../../../scripts/steps/d1-workspaces/transform.ts";
import { makeStepContext } from "../../db/step-context.ts";
import { plainV1, referenceSchema, writeDump, type MadeV1 } from "./made-move.ts";

interface Stage {
  readonly context: StepContext;
  readonly file: (name: string) => string;
  /** Lines of the sections that the step showed. */
  readonly shown: string[];
  readonly run: () => Promise<void>;
}

function setStage(v1: MadeV1 | undefined, raw: Readonly<Record<string, string>> = {}): Stage {
  const { context: base } = makeStepContext(raw);
  const shown: string[] = [];
  const context: StepContext = {
    ...base,
    refuseOnProblems: (what, sections) => {
      shown.push(...sections.flatMap(({ results }) => results.map(({ text }) => text)));
      const problems = listProblems(sections);
      if (problems.length > 0) throw refused(what, problems);
    },
  };
  const file = (name: string): string => runFile(context, name);
  if (v1 !== undefined) {
    writeFileSync(file("v1_mended.sql"), writeDump(v1));
    writeFileSync(file("v2_schema.sql"), referenceSchema);
  }
  const run = async (): Promise<void> => {
    await transform.check?.(context);
    await transform.run(context, []);
    await transform.verify(context);
  };
  return { context, file, shown, run };
}

const views: MadeV1 = { ...plainV1, views: { sql: "CREATE TABLE views (id TEXT)", rows: [["v"]] } };

describe("the step transform", () => {
  it("writes the scratch file and import files, privately, and tells the rows", async () => {
    const { file, shown, run } = setStage(plainV1);
    await run();
    expect(shown).toContain("workspaces: 2 rows made → 2 rows of v2");
    expect(statSync(file("scratch.sqlite")).mode & 0o777).toBe(0o600);
    expect(readImportManifest(file("import")).tables).toMatchObject({
      users: 2,
      workspaces: 2,
      records: 2,
    });
    expect(Object.keys(readImportManifest(file("import")).source)).toEqual([
      "mendedDump",
      "v2Schema",
      "decisions",
    ]);
  });

  it("writes the same import files when it runs again", async () => {
    const { file, run } = setStage(plainV1);
    const read = (): string[] =>
      readdirSync(file("import")).map((name) => readFileSync(file(`import/${name}`), "utf8"));
    await run();
    const first = read();
    await run();
    expect(read()).toEqual(first);
  });

  it("refuses with the line to add, and leaves nothing that looks whole", async () => {
    const { file, run } = setStage(views);
    await expect(run()).rejects.toMatchObject({
      exitCode: 3,
      problems: [
        {
          what: "views has no home in v2: 1 row",
          details: ['{"leaveOut":{"tables":{"views":{"reason":"<why>"}}}}'],
        },
      ],
    });
    expect(readdirSync(file(".")).sort()).toEqual(["tmp", "v1_mended.sql", "v2_schema.sql"]);
    expect(readFileSync(file("tmp/d1-decisions.proposed.json"), "utf8")).toContain("<why>");
  });

  it("takes back the files of an earlier attempt before it begins", async () => {
    const { file, run } = setStage(plainV1);
    await run();
    writeFileSync(file("v1_mended.sql"), writeDump(views));
    await expect(run()).rejects.toMatchObject({ exitCode: 3 });
    expect(existsSync(file("import/manifest.json"))).toBe(false);
    expect(existsSync(file("scratch.sqlite"))).toBe(false);
  });

  it("reads the decisions of the project and tells them with their reasons", async () => {
    const { file, shown, run } = setStage(views);
    writeFileSync(
      file("d1-decisions.json"),
      JSON.stringify({ leaveOut: { tables: { views: { reason: "made anew" } } } }),
    );
    await run();
    expect(shown).toContain("leaveOut.tables › views: 1 row left out (made anew)");
  });

  it("names a decisions file that is set and not there, and files of steps that did not run", async () => {
    await expect(setStage(plainV1, { "decisions-file": "other.json" }).run()).rejects.toMatchObject(
      { exitCode: 2 },
    );
    await expect(setStage(undefined).run()).rejects.toMatchObject({
      exitCode: 3,
      problems: [
        { what: "v1_mended.sql is not in the run's folder" },
        { what: "v2_schema.sql is not in the run's folder" },
      ],
    });
  });

  it("verifies files and counts: a damaged part and a scratch file with other rows are no success", async () => {
    const { context, file, run } = setStage(plainV1);
    await run();
    const scratch = Scratch.open(file("scratch.sqlite"));
    scratch.exec("DELETE FROM records WHERE id = 'r2'");
    scratch.close();
    await expect(transform.verify(context)).rejects.toMatchObject({
      problems: [{ what: "records: 1 row in the scratch file, 2 rows in the import files" }],
    });
    writeFileSync(file("import/part-0001.sql"), "SELECT 1;");
    await expect(transform.verify(context)).rejects.toMatchObject({ exitCode: 1 });
  });
});
