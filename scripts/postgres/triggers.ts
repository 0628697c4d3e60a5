import type { Database } from "./database.ts";
import { quoteIdentifier, quoteName } from "./identifier.ts";

/** A user trigger; `mode` is pg_trigger.tgenabled: O origin, D disabled, R replica, A always. */
export interface Trigger {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly mode: "O" | "D" | "R" | "A";
}

/** User triggers on the tables of this role, partitions one by one. */
export const listUserTriggers = (db: Database): Promise<Trigger[]> =>
  db.ask<Trigger>("postgres/list-user-triggers");

const words: Readonly<Record<Trigger["mode"], string>> = {
  O: "enable trigger",
  D: "disable trigger",
  R: "enable replica trigger",
  A: "enable always trigger",
};

/** ONLY: without it the mode of the parent would overwrite that of every partition. */
const buildModeChange = (trigger: Trigger, mode: Trigger["mode"]): string =>
  `alter table only ${quoteName({ schema: trigger.schema, name: trigger.table })} ${words[mode]} ${quoteIdentifier(trigger.name)};`;

/** Statements that keep the triggers from firing. Those that are disabled already stay as they are. */
export const buildSilence = (triggers: readonly Trigger[]): string[] =>
  triggers.filter(({ mode }) => mode !== "D").map((trigger) => buildModeChange(trigger, "D"));

/** Statements that put every trigger back into its own mode. */
export const buildUnsilence = (triggers: readonly Trigger[]): string[] =>
  triggers
    .filter(({ mode }) => mode !== "D")
    .map((trigger) => buildModeChange(trigger, trigger.mode));
