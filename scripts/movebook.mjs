#!/usr/bin/env node
// Runs the TypeScript as it is, in this process: a wrapper process would stand between Ctrl-C and the run.
import { register } from "tsx/esm/api";

register();
await import("./movebook.ts");
