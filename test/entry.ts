import { fileURLToPath } from "node:url";

/** The command as it stands in a clone: TypeScript. */
export const sourceEntry = fileURLToPath(new URL("../scripts/movebook.mjs", import.meta.url));

/** What tests call with `node`: the command as a package holds it, which global-setup.ts compiles once; else the clone's. */
export const entry = process.env["MOVEBOOK_ENTRY"] ?? sourceEntry;
