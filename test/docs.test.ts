import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import dataMove from "../runbooks/data-move.ts";
import { buildDocuments, fillMarkers } from "../scripts/documents.ts";
import { lintEnvFile } from "../scripts/engine/env-file.ts";
import { parseEnvFile, readSettings } from "../scripts/engine/settings.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

/** The names that operators know, each with its command. */
const operatorScripts = {
  "db:v2:dev:move": "run data-move --env dev",
  "db:v2:prod:move": "run data-move --env prod",
  "db:v2:preflight:dev:move": "step data-move preflight --env dev",
  "db:v2:preflight:prod:move": "step data-move preflight --env prod",
  "db:v2:dump:v1:dev:snapshot": "step data-move dump --env dev",
  "db:v2:dump:v1:prod:snapshot": "step data-move dump --env prod",
  "db:v2:dev:drop-fks": "step data-move drop-foreign-keys --env dev",
  "db:v2:prod:drop-fks": "step data-move drop-foreign-keys --env prod",
  "db:v2:import:dev:data": "step data-move import --env dev",
  "db:v2:import:prod:data": "step data-move import --env prod",
  "db:v2:dev:restore-fks": "step data-move restore-foreign-keys --env dev",
  "db:v2:prod:restore-fks": "step data-move restore-foreign-keys --env prod",
  "db:v2:postimport:dev": "step data-move postimport --env dev",
  "db:v2:postimport:prod": "step data-move postimport --env prod",
  "db:v2:validate:dev": "step data-move validate --env dev",
  "db:v2:validate:prod": "step data-move validate --env prod",
  "db:v2:dev:status": "status data-move --env dev",
  "db:v2:prod:status": "status data-move --env prod",
};

describe("the generated documents", () => {
  it.each(buildDocuments(root))("$file is what npm run docs writes", ({ file, text }) => {
    expect(read(file)).toBe(text);
  });

  it("tell of every step, setting and script in the runbook's page", () => {
    const page = read("runbooks/data-move.md");
    for (const { name, does } of dataMove.steps) {
      expect(page).toContain(`\`${name}\``);
      expect(page).toContain(does);
    }
    for (const { places } of dataMove.params)
      for (const { variable } of Object.values(places)) expect(page).toContain(variable);
    for (const name of Object.keys(operatorScripts)) expect(page).toContain(`npm run ${name}`);
  });

  it("name no script that is not there", () => {
    const elsewhere = new Set(["db:v2:dev:migrate", "db:v2:prod:deploy"]);
    const named = [...read("runbooks/data-move.md").matchAll(/npm run ([\w:-]+)/g)].map(
      ([, name = ""]) => name,
    );
    expect(named.filter((name) => !(name in scripts) && !elsewhere.has(name))).toEqual([]);
  });
});

describe("the example files", () => {
  it.each(["dev", "prod"])(
    "give every needed setting of %s once they are copied",
    (environment) => {
      const files = [`.env.v1.${environment}.snapshot.example`, `.env.v2.${environment}.example`];
      const variables = Object.assign(
        {},
        ...files.map((file) => parseEnvFile(read(file))),
      ) as Record<string, string>;
      const readings = [
        ...readSettings(dataMove.params, environment, "/nowhere", variables).readings.values(),
      ];
      const filledIn = readings.filter(({ param }) => param.required || param.shown === true);
      for (const { place, param, error } of filledIn) {
        expect(() => param.parse(variables[place.variable] ?? ""), place.variable).not.toThrow();
        expect(error, "an example that was not changed is no setting").toMatch(/still the text/);
      }
      expect(Object.keys(variables)).toHaveLength(filledIn.length);
      const known = new Set(readings.map(({ place }) => place.variable));
      for (const file of files) expect(lintEnvFile(file, read(file), known)).toEqual([]);
    },
  );

  it("hold DATABASE_URL ready to be filled in and say that the move does not use it", () => {
    expect(read(".env.v2.dev.example")).toMatch(/does not\n?.*use it[^]*\nDATABASE_URL='/);
  });
});

describe("the npm scripts", () => {
  it("have the names that operators know, each a line over the command", () => {
    const own = Object.entries(scripts).filter(([name]) => name.startsWith("db:"));
    expect(Object.fromEntries(own)).toEqual(
      Object.fromEntries(
        Object.entries(operatorScripts).map(([name, line]) => [
          name,
          `node scripts/movebook.mjs ${line}`,
        ]),
      ),
    );
  });
});

describe("fillMarkers", () => {
  it("replaces what stands between the markers and nothing else", () => {
    const page = "a\n<!-- t:begin -->\nold\n<!-- t:end -->\nb\n";
    const filled = fillMarkers(page, "t", "new");
    expect(filled).toBe("a\n<!-- t:begin -->\n\nnew\n\n<!-- t:end -->\nb\n");
    expect(fillMarkers(filled, "t", "new")).toBe(filled);
  });

  it.each([
    ["none", "a"],
    ["no end", "<!-- t:begin -->"],
    ["no begin", "<!-- t:end -->"],
    ["two", "<!-- t:begin --><!-- t:end --><!-- t:begin --><!-- t:end -->"],
  ])("refuses a text with the wrong markers: %s", (_, page) => {
    expect(() => fillMarkers(page, "t", "new")).toThrow("once");
  });
});
