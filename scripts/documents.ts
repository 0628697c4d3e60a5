import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildEnvExample, buildFileExample } from "./engine/env-example.ts";
import { exitCodes, type ExitCode } from "./engine/failure.ts";
import type { Runbook, Step } from "./engine/step.ts";
import { rollbackVerbs } from "./rollback-command.ts";
import { runbooks } from "./runbooks.ts";

/** A file that is written wholly or in part from what the code says; `npm run docs` writes it. */
export interface Document {
  /** Below the package's folder. */
  readonly file: string;
  readonly text: string;
}

type Row = readonly string[];

function buildTable(head: Row, rows: readonly Row[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const line = (row: Row): string => `| ${row.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const changeText = {
  nothing: "nothing, it reads",
  files: "files under `tmp/`",
  target: "v2",
  outside: "what lies outside v2's data",
} as const;

function describePart({ environments, byHand }: Step): string {
  if (byHand === true) return "no, by its name only";
  return environments === undefined ? "yes" : `with \`--env ${environments.join("`, `")}\``;
}

/** What each step does and changes, in order. */
export const buildStepTable = (runbook: Runbook): string =>
  buildTable(
    ["Step", "What it does", "Changes", "In a whole run"],
    runbook.steps.map((step) => [
      `\`${step.name}\``,
      step.does,
      changeText[step.changes],
      describePart(step),
    ]),
  );

/** Each variable, the file of each environment in which it is looked for, and its meaning. */
export const buildParamTable = ({ params }: Runbook): string =>
  buildTable(
    ["Variable", "Files", "Needed", "Meaning"],
    params.map((param) => {
      const places = Object.values(param.places);
      const unique = (names: readonly string[]): string =>
        [...new Set(names)].map((name) => `\`${name}\``).join(", ");
      return [
        unique(places.map(({ variable }) => variable)),
        unique(places.map(({ file }) => file)),
        param.required ? "yes" : "no",
        param.meaning,
      ];
    }),
  );

const verbText: Readonly<Record<string, string>> = {
  run: "**The whole move**: every step below, in order",
  resume: "Goes on with the open run",
  undo: "Takes back what the newest run changed",
  status: "Where the run stands, and what v2 says",
  ...Object.fromEntries(
    rollbackVerbs.map(({ name, does }) => [
      `rollback ${name}`,
      `${does.charAt(0).toUpperCase()}${does.slice(1)}`,
    ]),
  ),
};

function describeCall(runbook: Runbook, verb: string, words: readonly string[]): string {
  const step = runbook.steps.find(({ name }) => name === words[0]);
  if (step !== undefined) return step.does;
  if (verb === "transform" && runbook.filter !== undefined) return runbook.filter.does;
  const named = (flag: string): string | undefined =>
    words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined;
  const [from, until] = [named("--from"), named("--until")];
  if (verb !== "run" || (from ?? until) === undefined) return verbText[verb] ?? verb;
  return [
    "The steps",
    ...(from === undefined ? [] : [`from \`${from}\` on`]),
    ...(until === undefined ? [] : [`as far as \`${until}\``]),
    "in order",
  ]
    .join(", ")
    .replace("steps, ", "steps ");
}

function describeScript(command: string, runbook: Runbook): Row | undefined {
  const words = command.split(/\s+/);
  const [first = "", ...others] = words.slice(words.findIndex((word) => /movebook/.test(word)) + 1);
  const [verb, name, ...rest] =
    first === "rollback" ? [`rollback ${others[0]}`, ...others.slice(1)] : [first, ...others];
  if (name !== runbook.name) return undefined;
  const does = describeCall(runbook, verb, rest);
  return [`\`npx movebook ${[verb, name, ...rest].join(" ")}\``, does];
}

/**
 * Each npm script of a runbook, the command that it is, and what it does.
 * @param scripts the scripts of package.json
 */
export const buildScriptTable = (
  runbook: Runbook,
  scripts: Readonly<Record<string, string>>,
): string =>
  buildTable(
    ["Script", "Is", "What it does"],
    Object.entries(scripts).flatMap(([name, command]) => {
      const described = describeScript(command, runbook);
      return described === undefined ? [] : [[`\`npm run ${name}\``, ...described]];
    }),
  );

/** The scripts of a runbook, as an operator copies them into the package.json of an own project. */
export function buildScriptsToCopy(
  runbook: Runbook,
  scripts: Readonly<Record<string, string>>,
): string {
  const own = Object.entries(scripts)
    .filter(([, command]) => describeScript(command, runbook) !== undefined)
    .map(([name, command]) => [name, command.replace(/^.*movebook\S*/, "movebook")]);
  return `\`\`\`json\n${JSON.stringify({ scripts: Object.fromEntries(own) as object }, undefined, 2)}\n\`\`\``;
}

const exitText: Readonly<Record<ExitCode, string>> = {
  [exitCodes.done]: "done",
  [exitCodes.failed]: "a step failed; the message says what has changed so far",
  [exitCodes.usage]: "the command line or the settings are wrong; nothing changed",
  [exitCodes.refused]: "refused: the step that refused has changed nothing",
  [exitCodes.waiting]:
    "waiting for a person's answer or for a day; nothing went wrong, and the message names the command that goes on",
  [exitCodes.differences]: "validation found differences",
  [exitCodes.unsafe]:
    "stopped while v2 must not be used as it is (it lacks constraints, or is half filled): mend this first",
  [exitCodes.cancelled]: "cancelled (Ctrl-C)",
};

const buildExitTable = (): string =>
  buildTable(
    ["Code", "Meaning"],
    Object.entries(exitText).map(([code, meaning]) => [code, meaning]),
  );

/**
 * Replaces what stands between `<!-- name:begin -->` and `<!-- name:end -->`.
 * @throws Error when the markers are not there exactly once, in this order
 */
export function fillMarkers(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [before, afterBegin, ...moreBegins] = text.split(begin);
  const [inside, after, ...moreEnds] = (afterBegin ?? "").split(end);
  const isOnce = moreBegins.length === 0 && moreEnds.length === 0 && inside !== undefined;
  if (!isOnce || before === undefined || after === undefined)
    throw new Error(`the text must hold ${begin} … ${end} once`);
  return `${before}${begin}\n\n${content}\n\n${end}${after}`;
}

/** Every page has these; the others where it has their markers. */
const neededParts: readonly string[] = ["steps", "params", "scripts-to-copy"];

function buildRunbookPage(root: string, runbook: Runbook): Document {
  const file = `runbooks/${runbook.name}.md`;
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const parts: Readonly<Record<string, string>> = {
    steps: buildStepTable(runbook),
    params: buildParamTable(runbook),
    scripts: buildScriptTable(runbook, scripts),
    "scripts-to-copy": buildScriptsToCopy(runbook, scripts),
    "exit-codes": buildExitTable(),
  };
  const page = readFileSync(join(root, file), "utf8");
  const wanted = Object.entries(parts).filter(
    ([name]) => neededParts.includes(name) || page.includes(`<!-- ${name}:`),
  );
  return {
    file,
    text: wanted.reduce((text, [name, part]) => fillMarkers(text, name, part), page),
  };
}

const machineVariables = `# Read from the process environment only, by every command:
#   PG_BIN: folder of the pg_dump and psql to take first; without it PATH and the usual folders are searched
#   NO_COLOR: set to anything, no colours
`;

function buildExamples({ params }: Runbook): Document[] {
  const files = [
    ...new Set(params.flatMap((param) => Object.values(param.places).map(({ file }) => file))),
  ];
  return files.map((file) => ({ file: `${file}.example`, text: buildFileExample(params, file) }));
}

/** Every generated document, as it should be. */
export function buildDocuments(root: string): readonly Document[] {
  return [
    { file: ".env.example", text: `${buildEnvExample(runbooks)}\n${machineVariables}` },
    ...runbooks.flatMap(buildExamples),
    ...runbooks.map((runbook) => buildRunbookPage(root, runbook)),
  ];
}
