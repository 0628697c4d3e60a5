import { describe, expect, it } from "vitest";
import { buildEnvExample, buildFileExample } from "../../scripts/engine/env-example.ts";
import { lintEnvFile } from "../../scripts/engine/env-file.ts";
import type { Param } from "../../scripts/engine/param.ts";
import { parseEnvFile } from "../../scripts/engine/settings.ts";

const paramWith = (changes: Partial<Param<string>>): Param<string> => ({
  name: "token",
  meaning: "What opens the door.",
  example: "t-a#'b",
  required: true,
  secret: true,
  places: {
    dev: { variable: "DEV_TOKEN", file: ".env.door.dev" },
    prod: { variable: "PROD_TOKEN", file: ".env.door.prod" },
  },
  parse: (raw) => raw,
  ...changes,
});

const color = paramWith({
  name: "color",
  meaning:
    "The colour of the door, as it is painted on the outside; a long sentence, so that it has to be broken into lines.",
  example: "red",
  required: false,
  places: { dev: { variable: "COLOR", file: ".env.door.dev" } },
});

describe("buildEnvExample", () => {
  const page = buildEnvExample([
    { name: "door", goal: "Opens the door.", params: [paramWith({}), color] },
    { name: "window", goal: "Opens the window.", params: [] },
  ]);

  it("has a heading for each runbook", () => {
    expect(page).toMatch(/^# =+\n# door: Opens the door\.\n# =+\n\n# What opens/m);
    expect(page).toContain("# window: Opens the window.");
  });

  it("explains each variable: meaning, files, whether it is required, an example", () => {
    expect(page).toContain(
      [
        "# What opens the door. (required)",
        "#   dev: DEV_TOKEN in .env.door.dev",
        "#   prod: PROD_TOKEN in .env.door.prod",
        `#   example: "t-a#'b"`,
      ].join("\n"),
    );
    expect(page).toContain("#   cp .env.door.prod.example .env.door.prod");
    expect(page.split("\n").every((line) => line.length <= 110)).toBe(true);
  });

  it("sets nothing when it is copied by mistake", () => expect(parseEnvFile(page)).toEqual({}));
});

describe("buildFileExample", () => {
  const text = buildFileExample([paramWith({}), color], ".env.door.dev");

  it("holds the variables of its file, with the optional ones commented out", () => {
    expect(parseEnvFile(text)).toEqual({ DEV_TOKEN: "t-a#'b" });
    expect(text).toContain("\n# COLOR='red'\n");
    expect(text).not.toContain("PROD_TOKEN");
  });

  it("shows an optional variable ready to be filled in when its param asks for that", () => {
    const shown = buildFileExample([{ ...color, shown: true }], ".env.door.dev");
    expect(parseEnvFile(shown)).toEqual({ COLOR: "red" });
    expect(shown).toMatch(/\(optional: delete the line/);
  });

  it("causes no warning, commented out or not", () => {
    const known = new Set(["DEV_TOKEN", "COLOR"]);
    expect(lintEnvFile("f", text, known)).toEqual([]);
    expect(lintEnvFile("f", text.replace("# COLOR", "COLOR"), known)).toEqual([]);
  });
});
