import { listCatalogueRows } from "./catalogue-rows.ts";
import { type Contents, readCopies } from "./copies.ts";
import { type Clients, type Connection, queryRows, readOutput } from "./libpq.ts";
import { listStates, ours } from "./states.ts";

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
  /** Quoted name → contents; of a materialized view that is not populated: undefined. `large objects` when there are any. */
  readonly contents: ReadonlyMap<string, Contents | undefined>;
  readonly sequences: ReadonlyMap<string, SequenceState>;
  /** What pg_dump does not write, or not in full, a line each: see states.ts. */
  readonly states: readonly string[];
  /** Rows of the system catalogues: only comparable with those of the same database at another moment. */
  readonly catalogue: readonly string[];
}

const ofExtension = (catalogue: string, oid: string): string =>
  `exists (select from pg_depend d where d.classid = '${catalogue}'::regclass and d.objid = ${oid} and d.deptype = 'e')`;

const listTables = `select format('%I.%I', n.nspname, c.relname), c.relispopulated,
  (select coalesce(string_agg(quote_ident(a.attname), ', ' order by a.attname), '')
   from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  getdatabaseencoding()
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and c.relkind in ('r', 'm') and c.relpersistence <> 't' and not ${ofExtension("pg_class", "c.oid")}
  order by 1`;

const listSequences = `select format('%I.%I', n.nspname, c.relname), s.seqincrement,
  (select coalesce(string_agg(distinct format('%I.%I', tn.nspname, t.relname) || chr(29) || quote_ident(a.attname), chr(30)), '')
   from pg_attribute a join pg_class t on t.oid = a.attrelid join pg_namespace tn on tn.oid = t.relnamespace
   where t.relkind in ('r', 'p') and (
     exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
       and d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid and d.refobjsubid = a.attnum and d.deptype in ('a', 'i'))
     or exists (select from pg_attrdef f join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
       where f.adrelid = t.oid and f.adnum = a.attnum and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid)))
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_sequence s on s.seqrelid = c.oid
  where ${ours} and c.relkind = 'S' and c.relpersistence <> 't' and not ${ofExtension("pg_class", "c.oid")} order by 1`;

/** Takes the picture. @throws Error with psql's or pg_dump's own words */
export async function takePicture(clients: Clients, connection: Connection): Promise<Picture> {
  const [schema, sequences, states, catalogue] = await Promise.all([
    readSchema(clients, connection),
    readSequences(clients, connection),
    queryRows(clients, connection, listStates),
    listCatalogueRows(clients, connection),
  ]);
  const contents = await readContents(clients, connection);
  return { schema, contents, sequences, states: states.map(([state = ""]) => state), catalogue };
}

async function readSchema(clients: Clients, connection: Connection): Promise<string> {
  const text = await readOutput(clients.pgDump, ["--schema-only", "-w"], { connection });
  return text.replaceAll(/^\\(?:un)?restrict .*\n/gm, "");
}

async function readContents(
  clients: Clients,
  connection: Connection,
): Promise<ReadonlyMap<string, Contents | undefined>> {
  const tables = await queryRows(clients, connection, listTables);
  const copies = tables
    .filter(([, populated]) => populated === "t")
    .map(([name = "", , columns = "", encoding = ""]) => ({
      name,
      sql: buildSortedCopy(name, columns, encoding),
    }));
  const found = await readCopies(clients, connection, [...copies, largeObjects]);
  const objects = found.get(largeObjects.name);
  return new Map([
    ...tables.map(([name = ""]) => [name, found.get(name)] as const),
    ...(objects === undefined || objects.rows === 0 ? [] : [[largeObjects.name, objects] as const]),
  ]);
}

/** Empty ones have no page. */
const largeObjects = {
  name: "large objects",
  sql: `copy (select m.oid, p.pageno, p.data from pg_largeobject_metadata m left join pg_largeobject p on p.loid = m.oid
    order by m.oid, p.pageno) to stdout`,
};

/** Sorted bytewise by the UTF-8 of a row, whatever the database's own encoding. */
function buildSortedCopy(name: string, columns: string, encoding: string): string {
  const row = `row(${columns})::text`;
  const key = ["UTF8", "SQL_ASCII"].includes(encoding)
    ? `${row} collate "C"`
    : `convert_to(${row}, 'UTF8')`;
  return `copy (select ${columns} from only ${name} order by ${key}) to stdout`;
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
      const listed = columns === "" ? [] : columns.split("\u001e").map(splitColumn);
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
  const [table = "", column = ""] = text.split("\u001d");
  return { table, column };
}
