import { findNearestName } from "./nearest-name.ts";
import type { EnvFileWarning } from "./param.ts";

/** What may stand in an env file. */
export interface KnownNames {
  /** Variables that are read from this file. */
  readonly here: ReadonlySet<string>;
  /** Variables that are read from other files → that file. */
  readonly elsewhere: ReadonlyMap<string, string>;
}

/** An assignment as dotenv reads it. */
interface Assignment {
  readonly line: number;
  readonly name: string;
  readonly exported: boolean;
  /** `=` or `:` with the blanks around it. */
  readonly separator: string;
  /** The value with its quotes and the blanks around it. */
  readonly written: string;
  /** The same, trimmed. */
  readonly value: string;
  /** The quote with which the value begins. */
  readonly quote: string | undefined;
  /** The comment after the value, from its `#`; blanks between them are part of `written` or `gap`. */
  readonly comment: string | undefined;
  readonly gap: string;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
}

type Finding = Omit<EnvFileWarning, "file">;

/** The grammar of dotenv 18, with names for its parts; a test compares the two. */
const assignmentPattern =
  /^\s*(?<exported>export\s+)?(?<name>[\w.-]+)(?<separator>\s*=\s*?|:\s+?)(?<written>\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?(?<gap>\s*)(?<comment>#.*)?$/dgm;

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

function listAssignments(text: string): Assignment[] {
  return Array.from(text.matchAll(assignmentPattern), (match) => {
    const {
      exported,
      name = "",
      separator = "",
      written = "",
      gap = "",
      comment,
    } = match.groups ?? {};
    const value = written.trim();
    return {
      line: lineAt(text, match.indices?.groups?.["name"]?.[0] ?? match.index),
      name,
      exported: exported !== undefined,
      separator,
      written,
      value,
      quote: /^['"`]/.exec(value)?.[0],
      comment,
      gap,
      start: match.index,
      end: match.index + match[0].length,
    };
  });
}

/** The variables that dotenv finds in a text, each with the line that wins. */
export const listAssignedLines = (content: string): Map<string, number> =>
  new Map(
    listAssignments(content.replaceAll(/\r\n?/g, "\n")).map(({ name, line }) => [name, line]),
  );

const isWholeQuoted = (value: string): boolean =>
  /^(['"`])(?:\\\1|(?!\1)[\s\S])*\1$/.test(value) && value.length > 1;

/** An assignment inside a quoted value that goes over several lines: a quote is missing above it. */
const swallowsAssignment = (value: string): boolean =>
  value
    .split("\n")
    .slice(1)
    .some((line) => /^\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*[^=\s]/.test(line));

/** The warning that a value was cut: what is left of it is not what was meant. */
export const cutAtHash =
  "a # right after the value begins a comment, the value ends before it: put the value in single quotes";

function listCommentFindings(of: Assignment): string[] {
  // dotenv's grammar also takes a comment on a later line as this value's
  if (of.comment === undefined || of.gap.includes("\n")) return [];
  const glued = of.gap === "" && !/\s$/.test(of.written);
  if (glued) return [cutAtHash];
  const closes = of.quote !== undefined && of.comment.includes(of.quote);
  return closes
    ? ["the value ends at its second quote, the rest is a comment: use another kind of quotes"]
    : [];
}

function listEscapeFindings(of: Assignment): string[] {
  if (of.quote === '"' && /\\[nr]/.test(of.value)) {
    return [
      "\\n and \\r become line breaks in double quotes: use single quotes if a backslash is meant",
    ];
  }
  if (of.quote === '"' && /\\[t"\\$`]/.test(of.value)) {
    return [
      'in double quotes dotenv keeps the backslash of \\t, \\", \\\\ and \\$: write the value as it is, in single quotes',
    ];
  }
  return of.quote !== undefined && of.value.slice(1, -1).includes(`\\${of.quote}`)
    ? ["dotenv keeps the backslash before a quote: use another kind of quotes around the value"]
    : [];
}

function listQuoteFindings(of: Assignment): string[] {
  const lines = of.value.split("\n").length;
  if (of.quote === undefined) {
    return /['"`]$/.test(of.value)
      ? ["the value ends with a quote but does not begin with one"]
      : [];
  }
  if (!isWholeQuoted(of.value))
    return ["unbalanced quotes: the same quote must open and close the value"];
  if (swallowsAssignment(of.value)) {
    return [
      `the quote that opens here closes ${lines - 1} lines further down, over other variables`,
    ];
  }
  return listEscapeFindings(of);
}

function listFormFindings(of: Assignment): string[] {
  const findings: string[] = [];
  if (of.exported)
    findings.push("`export` is not needed here and some programs refuse it: remove it");
  if (of.separator.startsWith(":")) findings.push("`:` instead of `=`: only some programs read it");
  else if (/\s/.test(of.separator) || (of.value !== "" && /^[^\S\n]/.test(of.written))) {
    findings.push("blanks around `=`: a shell cannot read this line, remove them");
  }
  if (of.value !== "" && /^\s*\n/.test(of.written))
    findings.push("the value is taken from the next line");
  return findings;
}

const expands = (of: Assignment): boolean =>
  of.quote !== "'" && (/\$[{(]/.test(of.value) || /^"?\$[A-Z_]\w*"?$/.test(of.value));

const listValueFindings = (of: Assignment): string[] => [
  ...listFormFindings(of),
  ...listCommentFindings(of),
  ...listQuoteFindings(of),
  ...(expands(of)
    ? ["`$` stays as it is written, nothing is put in its place: write the value out"]
    : []),
];

/**
 * Why a name does not belong here. A name is repeated only if it looks like a variable's: after a lost quote, a
 * piece of a secret can stand where a name is expected.
 */
function listNameFindings(name: string, known: KnownNames): string[] {
  if (known.here.has(name)) return [];
  const file = known.elsewhere.get(name);
  if (file !== undefined) return [`${name} is not read from this file: it belongs into ${file}`];
  const shown = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(name) ? name : "a variable";
  const nearest = findNearestName(name, known.here);
  if (nearest !== undefined) return [`${shown} is not known: did you mean ${nearest}?`];
  return [`${shown} is not known and not read`];
}

function listDuplicateFindings(assignments: readonly Assignment[]): Finding[] {
  const last = new Map(assignments.map((assignment) => [assignment.name, assignment.line]));
  return assignments
    .filter(({ name, line }) => last.get(name) !== line)
    .map(({ name, line }) => {
      const winner = last.get(name) ?? line;
      return {
        line,
        message: `the same variable stands again on line ${winner}: line ${winner} wins`,
      };
    });
}

/** Lines that dotenv skips although they are neither blank nor a comment. */
function listSkippedLines(text: string, assignments: readonly Assignment[]): Finding[] {
  const borders = [...assignments.flatMap(({ start, end }) => [start, end]), text.length];
  const findings: Finding[] = [];
  for (
    let index = 0, from = 0;
    index < borders.length;
    from = borders[index + 1] ?? text.length, index += 2
  ) {
    const first = lineAt(text, from);
    text
      .slice(from, borders[index])
      .split("\n")
      .forEach((line, offset) => {
        if (!/^\s*(?:#|$)/.test(line))
          findings.push({ line: first + offset, message: skippedMessage });
      });
  }
  return findings;
}

const skippedMessage = "this is no assignment (NAME=value) and is ignored";

function listTextFindings(content: string): Finding[] {
  const findings: Finding[] = [];
  if (content.startsWith("\ufeff"))
    findings.push({
      line: 1,
      message: "the file begins with a byte order mark: save it as UTF-8 without BOM",
    });
  const carriageReturn = content.indexOf("\r");
  if (carriageReturn >= 0) {
    const line = lineAt(content.slice(0, carriageReturn), carriageReturn);
    findings.push({
      line,
      message: "Windows line endings (CRLF): shells take the CR as part of the value, save with LF",
    });
  }
  const strange = /[\0\u2028\u2029]/.exec(content);
  if (strange?.[0] === "\0")
    findings.push({ line: 1, message: "the file is not UTF-8 text (UTF-16?): save it as UTF-8" });
  else if (strange)
    findings.push({
      line: lineAt(content, strange.index),
      message: "an invisible line separator stands in this line: remove it",
    });
  return findings;
}

/**
 * Traps in an env file, by line. Where there is none, dotenv reads what was meant. The messages never hold a value.
 * @param known names that are read from this file, and where others belong
 */
export function lintEnvFile(
  file: string,
  content: string,
  known: ReadonlySet<string> | KnownNames,
): EnvFileWarning[] {
  const names = "here" in known ? known : { here: known, elsewhere: new Map<string, string>() };
  const text = content.replaceAll(/\r\n?/g, "\n");
  const assignments = listAssignments(text);
  const findings: Finding[] = [
    ...listTextFindings(content),
    ...listSkippedLines(text, assignments),
    ...listDuplicateFindings(assignments),
    ...assignments.flatMap((assignment) =>
      [...listNameFindings(assignment.name, names), ...listValueFindings(assignment)].map(
        (message) => ({
          line: assignment.line,
          message,
        }),
      ),
    ),
  ];
  return findings.toSorted((a, b) => a.line - b.line).map((finding) => ({ file, ...finding }));
}
