import type { Shop } from "./shop.ts";

/** The states of the runbook's state machine, as v2 itself shows them. */
export type State =
  | "before"
  | "keys-dropped"
  | "keys-back"
  | "loaded-without-keys"
  | "loaded"
  | "finishing"
  | "finished"
  | "undoing"
  | "keys-lost"
  | "loaded-unknown";

/** What v2 holds, read by SQL of the test's own. */
export interface Observed {
  readonly state: State;
  readonly keysMissing: boolean;
  /** Rows of all tables, as text. */
  readonly rows: string;
  /** States of the triggers. */
  readonly triggers: string;
  readonly all: string;
}

const keys = `select coalesce(string_agg(format('%s %s %s %s', conname, pg_get_constraintdef(oid), convalidated, obj_description(oid, 'pg_constraint')), '; ' order by conname), '')
  from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`;
const contents = `select (select coalesce(string_agg(s::text, ';' order by id), '') from shelf s),
  (select coalesce(string_agg(b::text, ';' order by id), '') from book b), (select count(*) from touched)`;
const sequences = `select string_agg(format('%s %s', sequencename, last_value), ';' order by sequencename) from pg_sequences where schemaname = 'public'`;
const triggers = `select string_agg(format('%s %s', tgname, tgenabled), ';' order by tgname) from pg_trigger where not tgisinternal`;
const views = `select string_agg(format('%s %s', matviewname, ispopulated), ';') from pg_matviews`;
const ledger = `select format('%s unrestored=%s', (xpath('/table/row/phase/text()', query_to_xml('select phase from movebook.runs order by began_at', true, false, '')))[1],
  (xpath('/table/row/n/text()', query_to_xml('select count(*) as n from movebook.foreign_keys where restored_at is null', true, false, '')))[1])
  where to_regclass('movebook.runs') is not null`;

/** What a walk compares with: v2 before any move, and after a finished one. */
export interface Ends {
  readonly before: Observed;
  readonly finished: Observed;
}

/** Looks at v2. @param ends undefined while the ends themselves are looked at */
export async function observe(shop: Shop, ends?: Ends): Promise<Observed> {
  const parts: string[] = [];
  for (const sql of [keys, contents, sequences, views, triggers, ledger])
    parts.push(await shop.inV2(sql));
  const [keysNow = "", rowsNow = "", sequencesNow = "", viewsNow = "", modes = "", told = ""] =
    parts;
  const keysMissing = ends !== undefined && keysNow !== ends.before.all.split("\n")[0];
  const all = [keysNow, rowsNow, sequencesNow, viewsNow, modes, told].join("\n");
  const hasRows = rowsNow !== "||0";
  const state = classify({ keysMissing, hasRows, told, all }, ends);
  return { state, keysMissing, rows: rowsNow, triggers: modes, all };
}

interface Seen {
  readonly keysMissing: boolean;
  readonly hasRows: boolean;
  /** Phase and count, empty without a ledger. */
  readonly told: string;
  readonly all: string;
}

function classify({ keysMissing, hasRows, told, all }: Seen, ends?: Ends): State {
  if (told === "") {
    if (keysMissing) return "keys-lost";
    if (!hasRows) return "before";
    return ends === undefined || all === ends.finished.all ? "finished" : "loaded-unknown";
  }
  if (told.startsWith("undoing")) return "undoing";
  if (keysMissing || !told.endsWith("unrestored=0"))
    return hasRows ? "loaded-without-keys" : "keys-dropped";
  if (!hasRows) return "keys-back";
  return told.startsWith("finishing") ? "finishing" : "loaded";
}
