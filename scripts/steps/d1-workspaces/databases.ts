import { openDatabase, type D1Database } from "../../cloudflare/d1-database.ts";
import { findWrangler } from "../../cloudflare/wrangler.ts";
import type { StepContext } from "../../engine/step.ts";
import { sourceAddress, targetAddress } from "./addresses.ts";

/** v1. Whatever is asked of it can only read: it refuses everything else before it is sent. */
export const withSource = (context: StepContext): D1Database =>
  openDatabase({
    wrangler: findWrangler(context.projectFolder),
    address: sourceAddress(context),
    execute: context.execute,
    folder: context.runFolder,
    readOnly: true,
  });

/** v2, to read and to fill. */
export const withTarget = (context: StepContext): D1Database =>
  openDatabase({
    wrangler: findWrangler(context.projectFolder),
    address: targetAddress(context),
    execute: context.execute,
    folder: context.runFolder,
    readOnly: false,
  });
