import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";

/** A table or column that a check needs, as its file names it: one to three parts. */
export type NeededName = readonly [first: string, ...more: string[]];

/** A file with one question; the rows of its answer are violations. */
export interface CheckFile {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  /** From the first line; the file's name when there is none. */
  readonly question: string;
  readonly needs: readonly NeededName[];
  /** The whole text, as it is sent. */
  readonly sql: string;
}

const needsLine = /^--\s*needs:\s*(?<names>.*)$/iu;
const commentLine = /^--\s*(?<text>.*)$/u;

/**
 * Reads a check from the text of its file: a first line `-- question`, and among the comments at its top at most one
 * `-- needs: Table, Table.column, schema.Table.column`, names as the catalogue spells them, in double quotes when they
 * hold a dot or a comma.
 */
export function parseCheckFile(file: string, text: string): CheckFile {
  const lines = text.replace(/^\uFEFF/u, "").split(/\r?\n/u);
  const comments: string[] = [];
  for (const line of lines) {
    if (line.trim() === "") continue;
    if (!commentLine.test(line.trim())) break;
    comments.push(line.trim());
  }
  const name = basename(file, ".sql");
  const needs = comments.map((line) => needsLine.exec(line)?.groups?.["names"]);
  const question = comments.find((line) => !needsLine.test(line));
  return {
    name,
    file,
    question: commentLine.exec(question ?? "")?.groups?.["text"]?.trim() || name,
    needs: needs.flatMap((names) => (names === undefined ? [] : parseNames(names))),
    sql: text.replace(/^\uFEFF/u, ""),
  };
}

/** `Animal, "odd.name".id` → [["Animal"], ["odd.name", "id"]]. */
function parseNames(text: string): NeededName[] {
  const names: NeededName[] = [];
  let parts = [""];
  for (const token of [...(text.match(/"(?:[^"]|"")*"|[.,]|[^",.]+/gu) ?? []), ","]) {
    if (token === ".") parts.push("");
    else if (token !== ",") parts.push(`${parts.pop() ?? ""}${unquote(token)}`);
    else {
      const [first = "", ...more] = parts;
      if (first !== "") names.push([first, ...more]);
      parts = [""];
    }
  }
  return names;
}

const unquote = (token: string): string =>
  token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token.trim();

/**
 * The checks of several folders, each folder's in the order of their names. A folder that is not there has none; one
 * that is named twice (also by another path) is read once.
 */
export function listCheckFiles(folders: readonly string[]): CheckFile[] {
  const real = new Set(
    folders.filter((folder) => existsSync(folder)).map((folder) => realpathSync(folder)),
  );
  return [...real].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".sql"))
      .toSorted()
      .map((name) => parseCheckFile(join(folder, name), readFileSync(join(folder, name), "utf8"))),
  );
}
