import { execFile } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentVariable } from "../scripts/engine/settings.ts";

const script = fileURLToPath(new URL("../.ci/run", import.meta.url));

/** What the stand-in for npm answers. */
interface Answers {
  /** The runner's report; none: it wrote none. */
  readonly report?: unknown;
  readonly codes?: Readonly<Record<"ci" | "check" | "test", number>>;
}

const green = { ci: 0, check: 0, test: 0 };
const ran = (passed: number, failed: number, testResults: readonly unknown[] = []): unknown => ({
  numPassedTests: passed,
  numFailedTests: failed,
  success: failed === 0 && testResults.length === 0,
  testResults,
});

const npm = `#!/bin/sh
echo "npm $*"
case "$1" in run) name=$2;; *) name=$1;; esac
for word in "$@"; do
  case "$word" in --outputFile.json=*)
    [ ! -f "$ANSWERS/report.json" ] || cp "$ANSWERS/report.json" "\${word#*=}";;
  esac
done
exit "$(cat "$ANSWERS/$name")"
`;

describe(".ci/run", () => {
  const folder = mkdtempSync(join(tmpdir(), "movebook-ci-"));
  const answers = join(folder, "answers");
  const programs = join(folder, "programs");
  const link = (name: string): void => {
    const found = (environmentVariable("PATH") ?? "").split(delimiter);
    for (const place of found) {
      try {
        readFileSync(join(place, name));
        symlinkSync(join(place, name), join(programs, name));
        return;
      } catch {
        // the next folder
      }
    }
    throw new Error(`no ${name} on this machine`);
  };

  beforeAll(() => {
    for (const made of ["answers", "programs", "clone/.ci"])
      mkdirSync(join(folder, made), { recursive: true });
    copyFileSync(script, join(folder, "clone/.ci/run"));
    for (const name of ["bash", "sh", "dirname", "mktemp", "rm", "cp", "cat", "node", "git", "id"])
      link(name);
    writeFileSync(join(programs, "npm"), npm, { mode: 0o755 });
    for (const name of ["initdb", "postgres", "pg_dump", "psql"])
      writeFileSync(join(programs, name), "#!/bin/sh\n", { mode: 0o755 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const call = ({ report, codes = green }: Answers): Promise<{ code: number; lines: string[] }> => {
    for (const [name, code] of Object.entries(codes))
      writeFileSync(join(answers, name), String(code));
    rmSync(join(answers, "report.json"), { force: true });
    if (report !== undefined) writeFileSync(join(answers, "report.json"), JSON.stringify(report));
    return new Promise((resolve) => {
      const env = { PATH: programs, ANSWERS: answers };
      execFile("bash", [join(folder, "clone/.ci/run")], { env }, (error, stdout) => {
        const code = error === null ? 0 : Number(error.code);
        resolve({ code, lines: stdout.trimEnd().split("\n") });
      });
    });
  };

  it("installs, checks, tests, and ends with the runner's figures", async () => {
    const { code, lines } = await call({ report: ran(7, 0) });
    const called = lines
      .filter((line) => line.startsWith("npm "))
      .map((line) => line.split(" --")[0]);
    expect(called).toEqual(["npm ci", "npm run check", "npm test"]);
    expect(lines.at(-1)).toBe("7 passed, 0 failed");
    expect(code).toBe(0);
  });

  it.each([
    ["a test fails", { report: ran(6, 1), codes: { ...green, test: 1 } }, "6 passed, 1 failed"],
    [
      "a test file cannot be loaded",
      {
        report: ran(6, 0, [{ status: "failed", assertionResults: [] }]),
        codes: { ...green, test: 1 },
      },
      "6 passed, 1 failed",
    ],
    ["no test ran", { report: ran(0, 0) }, "0 passed, 1 failed"],
    ["the runner wrote no report", {}, "0 passed, 1 failed"],
    [
      "the runner fails for another reason",
      { report: ran(7, 0), codes: { ...green, test: 1 } },
      "7 passed, 1 failed",
    ],
    ["the check fails", { report: ran(7, 0), codes: { ...green, check: 1 } }, "7 passed, 1 failed"],
    ["npm ci fails", { report: ran(7, 0), codes: { ...green, ci: 1 } }, "0 passed, 1 failed"],
  ] satisfies [string, Answers, string][])("fails when %s", async (_, given, last) => {
    const { code, lines } = await call(given);
    expect(lines.at(-1)).toBe(last);
    expect(code).toBe(1);
  });
});
