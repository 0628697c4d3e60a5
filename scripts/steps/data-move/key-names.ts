import { displayName } from "../../postgres/identifier.ts";
import type { KeyDefinition } from "../../postgres/key-changes.ts";

const shown = 5;

/** `Animal_tenantId_fkey on Animal`, the first few. */
export function nameKeys(
  keys: readonly Pick<KeyDefinition, "schema" | "table" | "name">[],
): string {
  const names = keys
    .slice(0, shown)
    .map((key) => `${key.name} on ${displayName({ schema: key.schema, name: key.table })}`);
  return keys.length > shown
    ? `${names.join(", ")} and ${keys.length - shown} more`
    : names.join(", ");
}
