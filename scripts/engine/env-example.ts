import type { Param } from "./param.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- a list of params of different types
type AnyParam = Param<any>;

const pageWidth = 100;

/** Breaks a sentence into comment lines. */
function wrapComment(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > pageWidth) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** The value in quotes that leave it as it is. */
function quoteValue(value: string): string {
  const quote = ["'", '"', "`"].find((candidate) => !value.includes(candidate)) ?? "'";
  return `${quote}${value}${quote}`;
}

const describeMeaning = (param: AnyParam, optional = "optional"): string[] =>
  wrapComment(`${param.meaning} (${param.required ? "required" : optional})`);

function describeParam(param: AnyParam): string[] {
  const places = Object.entries(param.places);
  return [
    ...describeMeaning(param),
    ...places.map(
      ([environment, place]) => `#   ${environment}: ${place.variable} in ${place.file}`,
    ),
    `#   example: ${quoteValue(param.example)}`,
  ];
}

/** Whose variables they are: a runbook, or as much of it as the page tells. */
export interface ParamOwner {
  readonly name: string;
  readonly goal: string;
  readonly params: readonly AnyParam[];
}

const describeOwner = ({ name, goal }: ParamOwner): string[] => [
  `# ${"=".repeat(pageWidth - 2)}`,
  ...wrapComment(`${name}: ${goal}`),
  `# ${"=".repeat(pageWidth - 2)}`,
];

const listFiles = (params: readonly AnyParam[]): string[] => [
  ...new Set(params.flatMap((param) => Object.values(param.places).map((place) => place.file))),
];

/**
 * The text of `.env.example`: one page with a heading for each runbook, and every variable, its meaning, its files and
 * an example under it. Not to be copied.
 */
export function buildEnvExample(owners: readonly ParamOwner[]): string {
  const head = [
    "# Every variable that is read, and the file in which it is looked for.",
    "# This page explains; to set values, copy the file of the same name with .example at its end:",
    ...listFiles(owners.flatMap(({ params }) => params)).map(
      (file) => `#   cp ${file}.example ${file}`,
    ),
    "# A variable that is set in the process environment wins over the file and makes the file optional.",
    "# Put values in single quotes: without quotes everything from a # on is lost. In a URL, percent-encode",
    "# special characters of the password: # is %23, / is %2F, ? is %3F, @ is %40, % is %25.",
  ];
  const blocks = owners.flatMap((owner) => [
    describeOwner(owner),
    ...owner.params.map(describeParam),
  ]);
  return `${[head, ...blocks].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** The text of an example file such as `.env.v2.dev.example`: to be copied and filled in. Optional ones are commented out, unless they are `shown`. */
export function buildFileExample(params: readonly AnyParam[], file: string): string {
  const blocks = params.flatMap((param) => {
    const place = Object.values(param.places).find((candidate) => candidate.file === file);
    if (place === undefined) return [];
    const line = `${place.variable}=${quoteValue(param.example)}`;
    if (param.required) return [[...describeMeaning(param), line]];
    return param.shown === true
      ? [[...describeMeaning(param, "optional: delete the line when there is none"), line]]
      : [[...describeMeaning(param), `# ${line}`]];
  });
  const head = [
    `# Copy to ${file} and put your own values in. All variables are explained in .env.example.`,
  ];
  return `${[head, ...blocks].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}
