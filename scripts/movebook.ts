import { runCommandLine } from "./command-line.ts";

// journals, dumps and reports hold data of others: private, also what our children write
process.umask(0o077);

const unwritten = (): number => process.stdout.writableLength + process.stderr.writableLength;

/** Something that was left open (a socket, a timer) must not keep a finished command from ending. */
function leaveSoon(): void {
  setTimeout(() => (unwritten() > 0 ? leaveSoon() : process.exit()), 2_000).unref();
}

process.exitCode = await runCommandLine(process.argv.slice(2));
leaveSoon();
