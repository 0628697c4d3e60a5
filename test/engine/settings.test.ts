import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Param } from "../../scripts/engine/param.ts";
import { redact } from "../../scripts/engine/redact.ts";
import {
  childEnvironment,
  environmentVariable,
  readSettings,
} from "../../scripts/engine/settings.ts";

const token: Param<string> = {
  name: "token",
  meaning: "What opens the door.",
  example: "example-token",
  required: true,
  secret: true,
  places: {
    dev: { variable: "DEV_TOKEN", file: ".env.door.dev" },
    prod: { variable: "PROD_TOKEN", file: ".env.door.prod" },
  },
  parse: (raw) => {
    if (!raw.startsWith("t-")) throw new Error("must begin with t-");
    return raw.slice(2);
  },
};

const floor: Param<number> = {
  name: "floor",
  meaning: "On which floor.",
  example: "3",
  required: false,
  secret: false,
  places: {
    dev: { variable: "FLOOR", file: ".env.house.dev" },
    prod: { variable: "FLOOR", file: ".env.house.prod" },
  },
  parse: Number,
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "settings-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

const write = (file: string, content: string): void => writeFileSync(join(folder, file), content);
const read = (environment: string, variables: Record<string, string> = {}) =>
  readSettings([token, floor], environment, folder, variables);

/** "file:line: message" of every warning. */
const warningsOf = (settings: ReturnType<typeof read>): string[] =>
  settings.files.flatMap(({ warnings }) =>
    warnings.map(({ file, line, message }) => `${file}:${line}: ${message}`),
  );

describe("readSettings", () => {
  it("reads values from the files of the environment, parsed", () => {
    write(".env.door.dev", "DEV_TOKEN='t-a#b'\n");
    write(".env.house.dev", "FLOOR=2\n");
    const settings = read("dev");
    expect(settings.environment).toBe("dev");
    expect(settings.readings.get("token")).toMatchObject({
      from: "file",
      value: "a#b",
      error: undefined,
    });
    expect(settings.readings.get("floor")).toMatchObject({ from: "file", value: 2 });
    expect(settings.files).toEqual([
      { file: ".env.door.dev", exists: true, warnings: [] },
      { file: ".env.house.dev", exists: true, warnings: [] },
    ]);
  });

  it("does not use a secret that was cut at a #", () => {
    write(".env.door.dev", "\nDEV_TOKEN=t-pa#ss\n");
    const reading = read("dev").readings.get("token");
    expect(reading?.value).toBeUndefined();
    expect(reading?.error).toContain("line 2: a # right after the value");
    expect(read("dev", { DEV_TOKEN: "t-whole" }).readings.get("token")?.value).toBe("whole");
  });

  it("takes the process environment before the file, and does not need the file then", () => {
    expect(read("dev", { DEV_TOKEN: "t-x" }).readings.get("token")).toMatchObject({
      from: "process",
      value: "x",
    });
    expect(read("dev", { DEV_TOKEN: "t-x" }).files[0]).toEqual({
      file: ".env.door.dev",
      exists: false,
      warnings: [],
    });
  });

  it("warns when the process environment hides another value of the file", () => {
    write(".env.door.dev", "# door\nDEV_TOKEN=t-file\n");
    expect(warningsOf(read("dev", { DEV_TOKEN: "t-file" }))).toEqual([]);
    expect(warningsOf(read("dev", { DEV_TOKEN: "t-other" }))).toEqual([
      ".env.door.dev:2: DEV_TOKEN is also set in the process environment, to another value, and that one is used",
    ]);
  });

  it("takes an empty variable as missing, in the process environment and in a file", () => {
    write(".env.door.dev", "DEV_TOKEN=t-file\n");
    write(".env.house.dev", "FLOOR=\n");
    const settings = read("dev", { DEV_TOKEN: "" });
    expect(settings.readings.get("token")).toMatchObject({ from: "file", value: "file" });
    expect(settings.readings.get("floor")).toMatchObject({
      from: "missing",
      value: undefined,
      error: undefined,
    });
  });

  it("gives the parser's error without the value", () => {
    write(".env.door.dev", "DEV_TOKEN=wrong-token\n");
    expect(read("dev").readings.get("token")).toMatchObject({
      value: undefined,
      error: "must begin with t-",
    });
    const loud = {
      ...token,
      parse: (raw: string) => {
        throw new Error(`no: ${raw}`);
      },
    };
    const quiet = readSettings([loud], "dev", folder, {}).readings.get("token");
    expect(quiet).toMatchObject({ value: undefined, error: "wrong value" });
  });

  it("refuses a secret that is still the example", () => {
    write(".env.door.dev", "DEV_TOKEN=example-token\n");
    expect(read("dev").readings.get("token")?.error).toContain(
      "still the text of .env.door.dev.example",
    );
  });

  it("has every secret masked from then on, right or wrong", () => {
    read("dev", { DEV_TOKEN: "wrong-but-secret" });
    expect(redact("token wrong-but-secret")).toBe("token [secret]");
  });

  it("says where a variable of another file or environment belongs", () => {
    write(".env.door.dev", "PROD_TOKEN=t-1\nFLOOR=2\nDEV_TOKEN=t-2\nDEV_TOKENS=t-3\n");
    expect(warningsOf(read("dev"))).toEqual([
      ".env.door.dev:1: PROD_TOKEN is not read from this file: it belongs into .env.door.prod",
      ".env.door.dev:2: FLOOR is not read from this file: it belongs into .env.house.dev",
      ".env.door.dev:4: DEV_TOKENS is not known: did you mean DEV_TOKEN?",
    ]);
  });

  it("reads the files of its own environment only", () => {
    write(".env.door.dev", "DEV_TOKEN=t-dev\n");
    const settings = read("prod");
    expect(settings.readings.get("token")?.from).toBe("missing");
    expect(settings.files.map(({ file }) => file)).toEqual([".env.door.prod", ".env.house.prod"]);
  });

  it("warns about a file that cannot be read", () => {
    mkdirSync(join(folder, ".env.door.dev"));
    expect(warningsOf(read("dev"))).toEqual([
      ".env.door.dev:1: the file cannot be read: look at its owner and permissions",
    ]);
  });

  it("leaves out params that the environment does not have", () => {
    expect([...read("staging").readings.keys()]).toEqual([]);
  });
});

describe("the environment of children", () => {
  it("has paths and languages, and nothing that could carry a secret or change a connection", () => {
    const hostile = [
      "PGHOST",
      "PGPASSWORD",
      "PGOPTIONS",
      "PGSERVICEFILE",
      "ZX_SHELL",
      "DATABASE_URL",
      "AWS_SECRET_ACCESS_KEY",
      "NODE_OPTIONS",
    ];
    for (const name of hostile) vi.stubEnv(name, "x");
    for (const name of ["LC_ALL", "TMPDIR", "SystemRoot"]) vi.stubEnv(name, "kept");
    const environment = childEnvironment();
    expect(environment).toMatchObject({
      PATH: process.env["PATH"],
      LC_ALL: "kept",
      TMPDIR: "kept",
      SystemRoot: "kept",
    });
    expect(Object.keys(environment).filter((name) => hostile.includes(name))).toEqual([]);
  });
});

describe("environmentVariable", () => {
  it("is undefined when empty, as NO_COLOR wants it", () => {
    vi.stubEnv("NO_COLOR", "");
    expect(environmentVariable("NO_COLOR")).toBeUndefined();
    vi.stubEnv("NO_COLOR", "1");
    expect(environmentVariable("NO_COLOR")).toBe("1");
  });
});
