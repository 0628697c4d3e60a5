#!/usr/bin/env node
// In this process: a wrapper process would stand between Ctrl-C and the run. A package holds JavaScript beside the
// TypeScript and starts in half the time; a clone of the repository runs the TypeScript as it is.
import { existsSync } from "node:fs";

const compiled = new URL("movebook.js", import.meta.url);
if (existsSync(compiled)) await import(compiled.href);
else {
  const { register } = await import("tsx/esm/api");
  register();
  await import("./movebook.ts");
}
