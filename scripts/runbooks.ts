import d1Workspaces from "../runbooks/d1-workspaces.ts";
import dataMove from "../runbooks/data-move.ts";
import type { Runbook } from "./engine/step.ts";

/** Every runbook of this package: the command line, the documents and the tests take them from here. */
export const runbooks: readonly Runbook[] = [dataMove, d1Workspaces];
