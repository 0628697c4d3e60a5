import type { Picture } from "../../corpus/picture.ts";
import { compareSame } from "../../corpus/compare.ts";
import type { Stage } from "./stage.ts";

/** What v2 really holds, asked past the move and its ledger. */
export interface Truth {
  /** Foreign keys that v2 lacks, or that are others than they were. */
  readonly missing: readonly string[];
  /** Triggers that are not in the state in which they were. */
  readonly changedTriggers: readonly string[];
  readonly rows: number;
  readonly hasLedger: boolean;
}

const listKeys = `select conname || ' on ' || conrelid::regclass || ': ' || pg_get_constraintdef(oid) || ' ' || coalesce(obj_description(oid, 'pg_constraint'), '')
  from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace order by 1`;
const listTriggers = `select tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text from pg_trigger
  where not tgisinternal order by 1`;
const countRows = `select (select count(*) from kennel) + (select count(*) from animal) + (select count(*) from litter)
  + (select count(*) from event) + (select count(*) from note) + (select count(*) from audit) + (select count(*) from "Odd Name")`;

/** Keys and triggers as they are before anything happens. */
export interface Structure {
  readonly keys: readonly string[];
  readonly triggers: readonly string[];
}

const lines = async (stage: Stage, sql: string): Promise<string[]> =>
  (await stage.inV2(sql)).split("\n").filter((line) => line !== "");

export const readStructure = async (stage: Stage): Promise<Structure> => ({
  keys: await lines(stage, listKeys),
  triggers: await lines(stage, listTriggers),
});

export async function findTruth(stage: Stage, before: Structure): Promise<Truth> {
  const now = await readStructure(stage);
  return {
    missing: before.keys.filter((key) => !now.keys.includes(key)),
    changedTriggers: before.triggers.filter((trigger) => !now.triggers.includes(trigger)),
    rows: Number(await stage.inV2(countRows)),
    hasLedger: (await stage.inV2("select to_regnamespace('movebook') is not null")) === "t",
  };
}

/** The database itself is a new copy in every trial. */
const withoutDatabase = (picture: Picture): Picture => ({
  ...picture,
  catalogue: picture.catalogue.filter((line) => !line.startsWith("pg_database ")),
});

/** Byte for byte. */
export const listDifferences = (wanted: Picture, is: Picture): readonly string[] =>
  compareSame("v2", withoutDatabase(wanted), withoutDatabase(is));
