import type { RawText } from "./cell.ts";
import { readFolded, type DumpCell } from "./dump-cell.ts";

/**
 * Text inside of replace(…,'<marker>',char(…)). sqlite3's shell takes another marker when the text holds `\n` itself: then
 * nothing is lost.
 * @param markers marker → what it stands for
 * @returns undefined when no dump writes it so
 */
export function readMarked(
  text: string | RawText,
  markers: ReadonlyMap<string, string>,
): DumpCell | undefined {
  const names = [...markers.keys()];
  const isOf = (marker: string, character: string): boolean =>
    (marker === "\\n" && character === "\n") || (marker === "\\r" && character === "\r");
  if ([...markers].every(([marker, character]) => isOf(marker, character)))
    return readFolded(text, markers.has("\\n"), markers.has("\\r"));
  if (typeof text !== "string" || names.includes("")) return undefined;
  return names.reduce<string>((all, name) => all.replaceAll(name, markers.get(name)!), text);
}

/** Text inside of unistr(…), as sqlite3's shell writes it from 3.50 on: \uXXXX for control characters, \\ for a backslash. */
export function unescapeUnistr(text: string): string {
  return text.replace(
    /\\(?:\\|u([0-9a-f]{4})|\+([0-9a-f]{6})|U([0-9a-f]{8})|([0-9a-f]{4}))/gi,
    (_all, ...codes: (string | undefined)[]) => {
      const code = codes.slice(0, 4).find((one) => one !== undefined);
      return code === undefined ? "\\" : String.fromCodePoint(Number.parseInt(code, 16));
    },
  );
}
