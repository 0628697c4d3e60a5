import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { buildDocuments, fillMarkers } from "../scripts/documents.ts";
import { lintEnvFile } from "../scripts/engine/env-file.ts";
import { parseEnvFile, readSettings } from "../scripts/engine/settings.ts";
import type { Runbook } from "../scripts/engine/step.ts";
import { runbooks } from "../scripts/runbooks.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

/** The same names in both environments of d1-workspaces. */
const workspaceSteps = ["preflight", "export", "lint", "transform", "import", "validate"];
const listWorkspaceScripts = (environment: string): (readonly [string, string])[] => [
  ...[...workspaceSteps, "rollback"].map(
    (step) =>
      [`d1:v2:${environment}:${step}`, `step d1-workspaces ${step} --env ${environment}`] as const,
  ),
  [`d1:v2:${environment}:status`, `status d1-workspaces --env ${environment}`],
];

/** The names that operators know, each with its command. */
const operatorScripts: Readonly<Record<string, string>> = {
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
  "db:v2:dev:rollback:list": "rollback list data-move --env dev",
  "db:v2:prod:rollback:list": "rollback list data-move --env prod",
  "db:v2:dev:rollback:restore": "rollback restore data-move --env dev",
  "db:v2:prod:rollback:restore": "rollback restore data-move --env prod",
  ...Object.fromEntries([...listWorkspaceScripts("local"), ...listWorkspaceScripts("remote")]),
  "d1:v2:local:move": "run d1-workspaces --env local",
  "d1:v2:remote:move": "run d1-workspaces --env remote --until validate",
  "d1:v2:remote:cutover": "run d1-workspaces --env remote --from deploy-api",
};

const scriptsOf = ({ name }: Runbook): string[] =>
  Object.keys(operatorScripts).filter((script) => operatorScripts[script]?.includes(` ${name} `));

describe("the generated documents", () => {
  it.each(buildDocuments(root))("$file is what npm run docs writes", ({ file, text }) => {
    expect(read(file)).toBe(text);
  });

  it.each(runbooks)("tell of every step, setting and script in the page of $name", (runbook) => {
    const page = read(`runbooks/${runbook.name}.md`);
    for (const { name, does } of runbook.steps) {
      expect(page).toContain(`\`${name}\``);
      expect(page).toContain(does);
    }
    for (const { places } of runbook.params)
      for (const { variable } of Object.values(places)) expect(page).toContain(variable);
    for (const script of scriptsOf(runbook)) expect(page).toContain(script);
  });

  it.each(runbooks)("name no script that is not there: $name", ({ name: runbook }) => {
    const elsewhere = new Set(["db:v2:dev:migrate", "db:v2:prod:deploy"]);
    const named = [...read(`runbooks/${runbook}.md`).matchAll(/npm run ([\w:-]+)/g)].map(
      ([, name = ""]) => name,
    );
    expect(named.filter((name) => !(name in scripts) && !elsewhere.has(name))).toEqual([]);
  });

  it("give every runbook a heading in .env.example, and every variable an entry", () => {
    const page = read(".env.example");
    for (const { name, params } of runbooks) {
      expect(page).toContain(`# ${name}: `);
      for (const { places } of params)
        for (const [environment, { variable, file }] of Object.entries(places))
          expect(page).toContain(`#   ${environment}: ${variable} in ${file}\n`);
    }
  });
});

const listEnvironments = runbooks.flatMap((runbook) =>
  runbook.environments.map((environment) => ({ name: runbook.name, environment, runbook })),
);

/** The env files of one environment. */
const filesOf = ({ params }: Runbook, environment: string): string[] => [
  ...new Set(params.flatMap(({ places }) => places[environment]?.file ?? [])),
];

describe("the example files", () => {
  it.each(listEnvironments)(
    "give every needed setting of $name $environment once they are copied",
    ({ runbook, environment }) => {
      const files = filesOf(runbook, environment).map((file) => `${file}.example`);
      const variables = Object.assign(
        {},
        ...files.map((file) => parseEnvFile(read(file))),
      ) as Record<string, string>;
      const readings = [
        ...readSettings(runbook.params, environment, "/nowhere", variables).readings.values(),
      ];
      const filledIn = readings.filter(({ param }) => param.required || param.shown === true);
      for (const { place, param, error } of filledIn) {
        expect(() => param.parse(variables[place.variable] ?? ""), place.variable).not.toThrow();
        const told = error === undefined ? "a setting" : error.slice(0, 14);
        expect(told, "a secret that was not changed is none").toBe(
          param.secret ? "still the text" : "a setting",
        );
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
    const own = Object.entries(scripts).filter(([name]) => /^(db|d1):/.test(name));
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
