import { explainMissingClients } from "../scripts/demo/clients.ts";
import { clientInstallCommand } from "../scripts/postgres/install-command.ts";

/** Before the first test: what no test can do without is named in one line, not by hundreds of failures. */
export default async function setup(): Promise<void> {
  const missing = await explainMissingClients(12, clientInstallCommand());
  if (missing !== undefined) throw new Error(missing);
}
