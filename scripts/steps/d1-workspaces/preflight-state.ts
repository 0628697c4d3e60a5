import type { CheckResult } from "../../engine/check.ts";
import type { StepContext } from "../../engine/step.ts";
import { compareMarker } from "../../cloudflare/state-folder.ts";
import { findWrangler } from "../../cloudflare/wrangler.ts";
import { sourceAddress, targetAddress } from "./addresses.ts";

/** Local state folders that another version of wrangler wrote last: the older one of two crashes on them. */
export function checkStateFolders(context: StepContext): CheckResult[] {
  const folders = [sourceAddress(context), targetAddress(context)].flatMap((address) =>
    address.place === "local" ? [address.stateFolder] : [],
  );
  const { version } = findWrangler(context.projectFolder);
  return [...new Set(folders)].map((folder) => compareMarker(folder, version));
}
