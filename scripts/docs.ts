import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildDocuments } from "./documents.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

for (const { file, text } of buildDocuments(root)) {
  writeFileSync(join(root, file), text);
  process.stdout.write(`${file}\n`);
}
