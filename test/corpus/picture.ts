import { createHash } from "node:crypto";
import { type Clients, type Connection, queryRows, readOutput, streamOutput } from "./libpq.ts";

/** What a table or materialized view holds. */
export interface Contents {
  readonly rows: number;
  /** Of its rows as COPY writes them, sorted bytewise. */
  readonly sha256: string;
}

export interface SequenceState {
  readonly last: bigint;
  readonly called: boolean;
  readonly increment: bigint;
  /** The columns that own it or draw from it: their tables and the columns, quoted. */
  readonly columns: readonly { readonly table: string; readonly column: string }[];
}

/** Everything of a database that a move must keep, or bring over. Taken by the superuser, without our own code. */
export interface Picture {
  /** `pg_dump --schema-only`, owners and privileges with it, without its random \restrict lines. */
  readonly schema: string;
  /** Quoted name → contents; of a materialized view that is not populated: undefined. */
  readonly contents: ReadonlyMap<string, Contents | undefined>;
  readonly sequences: ReadonlyMap<string, SequenceState>;
  /** What pg_dump does not write: states of all triggers (internal ones too), validity of indexes and constraints. */
  readonly states: readonly string[];
}

const ours = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%'
  and n.nspname not like 'pg\\_temp%'`;

const ofExtension = (catalogue: string, oid: string): string =>
  `exists (select from pg_depend d where d.classid = '${catalogue}'::regclass and d.objid = ${oid} and d.deptype = 'e')`;

const listTables = `select format('%I.%I', n.nspname, c.relname), c.relispopulated,
  (select coalesce(string_agg(quote_ident(a.attname), ', ' order by a.attnum), '')
   from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and c.relkind in ('r', 'm') and c.relpersistence <> 't' and not ${ofExtension("pg_class", "c.oid")}
  order by 1`;

const listSequences = `select format('%I.%I', n.nspname, c.relname), s.seqincrement,
  (select coalesce(string_agg(distinct format('%I.%I/%I', tn.nspname, t.relname, a.attname), '|'), '')
   from pg_attribute a join pg_class t on t.oid = a.attrelid join pg_namespace tn on tn.oid = t.relnamespace
   where t.relkind in ('r', 'p') and (
     exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
       and d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid and d.refobjsubid = a.attnum and d.deptype in ('a', 'i'))
     or exists (select from pg_attrdef f join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
       where f.adrelid = t.oid and f.adnum = a.attnum and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid)))
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_sequence s on s.seqrelid = c.oid
  where ${ours} and c.relkind = 'S' and c.relpersistence <> 't' and not ${ofExtension("pg_class", "c.oid")} order by 1`;

const listStates = `select state from (
  select format('trigger %s on %I.%I: %s', case when g.tgisinternal then g.tgfoid::regproc::text else quote_ident(g.tgname) end,
    n.nspname, c.relname, g.tgenabled) as state
  from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace where ${ours}
  union all select format('event trigger %I: %s', evtname, evtenabled) from pg_event_trigger
  union all select format('index %s: valid %s, ready %s', i.indexrelid::regclass, i.indisvalid, i.indisready)
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where ${ours}
  union all select format('constraint %I of %s%s: validated %s', k.conname, nullif(k.conrelid, 0)::regclass,
    nullif(k.contypid, 0)::regtype, k.convalidated)
  from pg_constraint k join pg_namespace n on n.oid = k.connamespace where ${ours}
  union all select format('relation %I.%I: rls %s, forced %s, %s', n.nspname, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relpersistence)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and c.relkind in ('r', 'p')
  union all select format('schema %I', nspname) from pg_namespace n where ${ours}
) s order by state collate "C"`;

/** Takes the picture. @throws Error with psql's or pg_dump's own words */
export async function takePicture(clients: Clients, connection: Connection): Promise<Picture> {
  const [schema, sequences, states] = await Promise.all([
    readSchema(clients, connection),
    readSequences(clients, connection),
    queryRows(clients, connection, listStates),
  ]);
  const contents = await readContents(clients, connection);
  return { schema, contents, sequences, states: states.map(([state = ""]) => state) };
}

async function readSchema(clients: Clients, connection: Connection): Promise<string> {
  const text = await readOutput(clients.pgDump, ["--schema-only", "-w"], { connection });
  return text.replaceAll(/^\\(?:un)?restrict .*\n/gm, "");
}

async function readContents(
  clients: Clients,
  connection: Connection,
): Promise<ReadonlyMap<string, Contents | undefined>> {
  const contents = new Map<string, Contents | undefined>();
  for (const [name = "", populated, columns = ""] of await queryRows(
    clients,
    connection,
    listTables,
  )) {
    contents.set(
      name,
      populated === "t" ? await readTable(clients, connection, name, columns) : undefined,
    );
  }
  return contents;
}

async function readTable(
  clients: Clients,
  connection: Connection,
  name: string,
  columns: string,
): Promise<Contents> {
  const hash = createHash("sha256");
  let rows = 0;
  const sql = `copy (select ${columns} from only ${name} as "the whole row" order by ("the whole row")::text collate "C") to stdout`;
  await streamOutput(clients, connection, sql, (chunk) => {
    hash.update(chunk);
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) rows += 1;
  });
  return { rows, sha256: hash.digest("hex") };
}

async function readSequences(
  clients: Clients,
  connection: Connection,
): Promise<ReadonlyMap<string, SequenceState>> {
  const found = await queryRows(clients, connection, listSequences);
  if (found.length === 0) return new Map();
  const states = await queryRows(
    clients,
    connection,
    found.map(([name = ""]) => `select last_value, is_called from ${name}`).join(" union all "),
  );
  return new Map(
    found.map(([name = "", increment = "1", columns = ""], index) => {
      const [last = "0", called] = states[index] ?? [];
      const listed = columns === "" ? [] : columns.split("|").map(splitColumn);
      return [
        name,
        {
          last: BigInt(last),
          called: called === "t",
          increment: BigInt(increment),
          columns: listed,
        },
      ];
    }),
  );
}

function splitColumn(text: string): { table: string; column: string } {
  const cut = text.lastIndexOf("/");
  return { table: text.slice(0, cut), column: text.slice(cut + 1) };
}
