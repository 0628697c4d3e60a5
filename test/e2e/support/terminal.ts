import { spawn } from "@lydell/node-pty";
import type { Ended, Move } from "./move.ts";
import { entry } from "../../entry.ts";

/** The real command on a terminal of its own. */
export interface Terminal {
  /** All bytes so far. */
  readonly raw: () => string;
  /** What a person sees at last, lines joined. */
  readonly screen: () => string;
  readonly type: (keys: string) => void;
  /** Waits until the screen holds that text. */
  readonly shows: (text: string) => Promise<void>;
  readonly ended: Promise<Pick<Ended, "code">>;
}

/** Starts the command in the project on a terminal. @param env beside PATH and HOME */
export function startOnTerminal(
  move: Pick<Move, "folder">,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Terminal {
  const terminal = spawn(process.execPath, [entry, ...args], {
    name: "xterm-256color",
    cwd: move.folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: move.folder, ...env },
    cols: 140,
    rows: 50,
  });
  let raw = "";
  const waiting = new Set<() => void>();
  terminal.onData((data) => {
    raw += data;
    for (const look of waiting) look();
  });
  const ended = new Promise<Pick<Ended, "code">>((resolve) => {
    // the last bytes may come after the end of the process
    terminal.onExit(({ exitCode }) => setTimeout(() => resolve({ code: exitCode }), 200));
  });
  const shows = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!renderScreen(raw).includes(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without showing "${text}":\n${raw}`)));
    });
  return {
    raw: () => raw,
    screen: () => renderScreen(raw),
    type: (keys) => terminal.write(keys),
    shows,
    ended,
  };
}

// oxlint-disable-next-line no-control-regex -- that is what a terminal understands
const token = /\u001b\[(?<numbers>[?\d;]*)(?<final>[A-Za-z])|\r|\n|[^\u001b\r\n]+|\u001b/g;

/** What a terminal without an edge shows after these bytes: enough of its language for a spinner and a prompt. */
export function renderScreen(raw: string): string {
  const lines = [""];
  let [row, column] = [0, 0];
  for (const { 0: text, groups } of raw.matchAll(token)) {
    const line = lines[row] ?? "";
    const count = Number(groups?.["numbers"] || "0");
    if (text === "\r") column = 0;
    else if (text === "\n") row += 1;
    else if (groups?.["final"] === undefined) {
      lines[row] = line.slice(0, column).padEnd(column) + text + line.slice(column + text.length);
      column += text.length;
    } else if (groups["final"] === "A") row = Math.max(0, row - Math.max(1, count));
    else if (groups["final"] === "B") row += Math.max(1, count);
    else if (groups["final"] === "G") column = Math.max(0, count - 1);
    else if (groups["final"] === "K")
      lines[row] =
        count === 2
          ? ""
          : count === 1
            ? line.slice(column).padStart(line.length)
            : line.slice(0, column);
    else if (groups["final"] === "J") {
      lines[row] = line.slice(0, column);
      lines.length = row + 1;
    }
    while (lines.length <= row) lines.push("");
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}
