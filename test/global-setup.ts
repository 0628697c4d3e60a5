import { explainMissingClients } from "../scripts/demo/clients.ts";
import { clientInstallCommand } from "../scripts/postgres/install-command.ts";
import { compile } from "./compiled.ts";

/**
 * Before the first test: what no test can do without is named in one line, not by hundreds of failures. Then the command
 * is compiled, as a package holds it.
 * @returns what takes it away again
 */
export default async function setup(): Promise<() => Promise<void>> {
  const missing = await explainMissingClients(12, clientInstallCommand());
  if (missing !== undefined) throw new Error(missing);
  const { entry, fakeEntry, remove } = await compile();
  process.env["MOVEBOOK_ENTRY"] = entry;
  process.env["MOVEBOOK_FAKE_ENTRY"] = fakeEntry;
  return remove;
}
