import { CommanderError } from "commander";
import { exitCodes } from "./engine/failure.ts";
import { redact } from "./engine/redact.ts";
import { buildProgram } from "./command-line.ts";

// journals, dumps and reports hold data of others: private, also what our children write
process.umask(0o077);

try {
  const program = buildProgram((code) => {
    process.exitCode = code;
  });
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // help and version end with 0; everything else that commander refuses is a misuse
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  } else {
    process.stderr.write(`${redact((error as Error).stack ?? String(error))}\n`);
    process.exitCode = exitCodes.failed;
  }
}
