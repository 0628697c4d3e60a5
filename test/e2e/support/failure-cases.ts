/** One way in which v1's rows do not fit into v2, and what an operator must be told. Row values hold "canary". */
export interface FailureCase {
  readonly says: string;
  /** Statements of v1's owner, each in a transaction of its own (a new enum label must be committed first). */
  readonly v1?: readonly string[];
  readonly v2?: string;
  /** What preflight's list says; undefined: preflight cannot know and lets it go. */
  readonly preflight: readonly string[] | undefined;
  /** Exit code of the import that went around preflight, its screen and its report. */
  readonly code: 1 | 3;
  readonly screen: readonly (string | RegExp)[];
  readonly report: readonly (string | RegExp)[];
  /** Sample rows that the report must hold. */
  readonly samples: number;
}

const first = (table: string, count: number): string =>
  `where id in (select id from "${table}" order by id limit ${count})`;

const withNewDump = /next +npx movebook run data-move --env dev\n/;
const withSameDump = /next +npx movebook resume data-move --env dev\n/;

/** Every failure class that the rows of a move can run into. */
export const failureCases: readonly FailureCase[] = [
  {
    says: "42703: a column that v2 has dropped",
    v1: [
      `alter table "Party" add column "oldCode" text; update "Party" set "oldCode" = 'canary' ${first("Party", 12)}`,
    ],
    preflight: ["column Party.oldCode is in v1 and not in v2 (filled in 12 rows)"],
    code: 3,
    screen: [
      "column Party.oldCode is in v1 and not in v2 (filled in 12 rows)",
      "V1_LEAVE_OUT=Party.oldCode",
      withNewDump,
    ],
    report: [],
    samples: 10,
  },
  {
    says: "42P01: a table that v2 has dropped, or whose schema is not applied",
    v1: [
      `create table "LegacyLog" (id int, note text); insert into "LegacyLog" select n, 'canary' from generate_series(1, 12) n`,
    ],
    preflight: ["table LegacyLog is in v1 and not in v2 (12 rows)", "table LegacyLog"],
    code: 3,
    screen: [
      "table LegacyLog is in v1 and not in v2 (12 rows)",
      "see whether v2's migrations are all applied",
      "V1_LEAVE_OUT=LegacyLog",
      withNewDump,
    ],
    report: [],
    samples: 10,
  },
  {
    says: "22P02: a label that v2's enum lacks",
    v1: [
      `alter type "AnimalStatus" add value 'LOST'; alter type "AnimalStatus" add value 'UNUSED'`,
      `update "Animal" set status = 'LOST', name = 'canary' ${first("Animal", 12)}`,
    ],
    preflight: ["Animal.status", "labels in v2: ACTIVE, RETIRED, SOLD, DECEASED", "LOST: 12 rows"],
    code: 1,
    screen: [
      'stopped while it loaded Animal: invalid input value for enum public."AnimalStatus" (SQLSTATE 22P02)',
      "table Animal, column status",
      "labels in v1: ACTIVE, RETIRED, SOLD, DECEASED, LOST, UNUSED",
      "labels in v2: ACTIVE, RETIRED, SOLD, DECEASED\n",
      "v2 lacks: LOST, UNUSED",
      "LOST: 12 rows",
      withNewDump,
    ],
    report: [
      'ERROR 22P02: invalid input value for enum "AnimalStatus": "LOST"',
      /CONTEXT: COPY Animal, line \d+, column status: "LOST"/,
      /line \d+ of the dump: .*canary/,
    ],
    samples: 10,
  },
  {
    says: "22P02: a type that has changed",
    v1: [`update "Party" set phone = 'canary ' || id ${first("Party", 14)}`],
    v2: `alter table "Party" alter column phone type integer using null`,
    preflight: ["Party.phone: cannot be read as integer: 17 rows"],
    code: 1,
    screen: [
      "invalid input syntax for type integer (SQLSTATE 22P02)",
      "Party.phone: cannot be read as integer: 17 rows",
      "character varying(40) in v1, integer in v2",
      "table Party, column phone",
      withNewDump,
    ],
    report: [/ERROR 22P02: invalid input syntax for type integer: "/, /CONTEXT: COPY Party, line/],
    samples: 10,
  },
  {
    says: "23502: NULL into a NOT NULL column",
    v1: [
      `alter table "Contact" alter "firstName" drop not null; update "Contact" set "firstName" = null, "lastName" = 'canary' ${first("Contact", 12)}`,
    ],
    preflight: ["Contact.firstName is NOT NULL in v2, and NULL in 12 rows of v1"],
    code: 1,
    screen: [
      'null value in column "firstName" of relation "Contact" violates not-null constraint (SQLSTATE 23502)',
      "NULL in 12 rows of v1",
      "table Contact, column firstName",
      withNewDump,
    ],
    report: [
      "ERROR 23502: null value in column",
      /DETAIL: Failing row contains \(.*canary/,
      /line \d+ of the dump: .*canary/,
    ],
    samples: 10,
  },
  {
    says: "23503: orphans of a simple and of a composite key, both at once",
    v1: [
      `alter table "Invoice" drop constraint "Invoice_clientPartyId_fkey";
       update "Invoice" set "clientPartyId" = 987654321 ${first("Invoice", 12)};
       alter table "Animal" drop constraint "Animal_organization_fkey";
       update "Animal" set "organizationId" = 987654322 ${first("Animal", 3)}`,
    ],
    preflight: [
      "Animal.(organizationId, tenantId): 3 rows of v1 without a match in Organization (Animal_organization_fkey)",
      "Invoice.clientPartyId: 12 rows of v1 without a match in Party (Invoice_clientPartyId_fkey)",
    ],
    code: 1,
    screen: [
      "stopped while it restored the foreign keys: 2 foreign keys violated (SQLSTATE 23503)",
      '3 rows of Animal violate foreign key constraint "Animal_organization_fkey"',
      "table Animal, columns organizationId, tenantId → Organization (id, tenantId)",
      '12 rows of Invoice violate foreign key constraint "Invoice_clientPartyId_fkey"',
      "table Invoice, column clientPartyId → Party (id)",
      withNewDump,
    ],
    report: [
      'ERROR 23503: insert or update on table "Invoice" violates foreign key constraint "Invoice_clientPartyId_fkey"',
      'DETAIL: Key (clientPartyId)=(987654321) is not present in table "Party".',
      'DETAIL: Key (organizationId, tenantId)=(987654322, 1) is not present in table "Organization".',
    ],
    samples: 13,
  },
  {
    says: "23505: a unique key of v2 that v1 breaks",
    v1: [`update "Expense" set note = 'canary' || ("spentOn" - date '2000-01-01') % 3`],
    v2: `create unique index "Expense_note_key" on "Expense" (note)`,
    preflight: [
      "v2's unique key Expense_note_key on (note) refuses 3 values that v1 has more than once",
    ],
    code: 1,
    screen: [
      'duplicate key value violates unique constraint "Expense_note_key" (SQLSTATE 23505)',
      "table Expense, column note, constraint Expense_note_key",
      "refuses 3 values",
      withNewDump,
    ],
    report: [/DETAIL: Key \(note\)=\(canary\d\) already exists/, /CONTEXT: COPY Expense, line \d+/],
    samples: 10,
  },
  {
    says: "23514: a check of v2 that v1 can compute",
    v1: [`update "Invoice" set currency = 'cny', lines = '["canary"]' ${first("Invoice", 12)}`],
    v2: `alter table "Invoice" add constraint not_cny check (currency <> 'cny')`,
    preflight: ["Invoice: v2's check not_cny refuses 12 rows of v1"],
    code: 1,
    screen: [
      /new row for relation "Invoice" violates check constraint "(not_cny|Invoice_currency_check)" \(SQLSTATE 23514\)/,
      "refuses 12 rows of v1",
      "table Invoice, column currency, constraint",
      withNewDump,
    ],
    report: ["ERROR 23514: new row for relation", /DETAIL: Failing row contains \(.*canary/],
    samples: 10,
  },
  {
    says: "23514: a check of v2 that calls functions which v1 does not have",
    v1: [`update "Invoice" set currency = 'eur', lines = '["canary"]' ${first("Invoice", 11)}`],
    preflight: undefined,
    code: 1,
    screen: [
      'violates check constraint "Invoice_currency_check" (SQLSTATE 23514)',
      "Invoice: v2's check Invoice_currency_check refuses 11 rows of v1",
      "CHECK public.is_currency((currency)::text)",
      withNewDump,
    ],
    report: [/DETAIL: Failing row contains \(.*canary/],
    samples: 10,
  },
  {
    says: "22001: a value that is too long",
    v1: [
      `update "Expense" set note = 'canary ' || spent."n" from (select id, row_number() over (order by id) as n from "Expense") spent where spent.id = "Expense".id and spent."n" <= 12`,
    ],
    v2: `alter table "Expense" alter column note type varchar(6)`,
    preflight: ["Expense.note: longer than v2's character varying(6) holds"],
    code: 1,
    screen: [
      "value too long for type character varying(6) (SQLSTATE 22001)",
      "table Expense, column note",
      "text in v1, character varying(6) in v2",
      withNewDump,
    ],
    report: ["ERROR 22001", /CONTEXT: COPY Expense, line \d+, column note: ".+/],
    samples: 10,
  },
  {
    says: "22003: a number that is too large",
    v1: [`update "Animal" set "weightGrams" = 77777, name = 'canary' ${first("Animal", 12)}`],
    v2: `alter table "Animal" alter column "weightGrams" type smallint`,
    preflight: ["Animal.weightGrams: too large for v2's smallint: 12 rows"],
    code: 1,
    screen: [
      "value out of range for type smallint (SQLSTATE 22003)",
      "table Animal, column weightGrams",
      "12 rows",
      withNewDump,
    ],
    report: ['ERROR 22003: value "77777" is out of range for type smallint'],
    samples: 10,
  },
  {
    says: "42501: a function of v2 that the role may not call",
    v2: `create function secret_rule(t text) returns bool language sql as 'select true';
         alter table "Expense" add constraint secret check (secret_rule(note));
         revoke all on function secret_rule(text) from public, current_user`,
    preflight: undefined,
    code: 1,
    screen: [
      "while it loaded Expense: permission denied for function secret_rule (SQLSTATE 42501)",
      "table Expense",
      "npx movebook step data-move preflight --env dev",
      withSameDump,
    ],
    report: ["ERROR 42501: permission denied for function secret_rule", /line \d+ of the dump: /],
    samples: 0,
  },
  {
    says: "P0001: a function of v2 that raises an error with a row value in it",
    v1: [`update "Party" set name = E'canary\\nERROR:  00000: no' where id = 7`],
    v2: `create function refuse_it(t text) returns bool language plpgsql as
           'begin if t ~ ''^canary'' then raise exception ''not with me: %'', t; end if; return true; end';
         alter table "Party" add constraint no_way check (refuse_it(name))`,
    preflight: undefined,
    code: 1,
    screen: [
      "while it loaded Party: function refuse_it(text) raised an error; its message is in the report (SQLSTATE P0001)",
      /row \d+ of 24 that go into Party was refused \(line \d+ of the dump\)/,
      "Look at v2's function refuse_it(text)",
      withNewDump,
    ],
    report: [
      "ERROR P0001: not with me: canary",
      /CONTEXT: PL\/pgSQL function refuse_it\(text\) line 1 at RAISE/,
      /line \d+ of the dump: 7\t.*canary/,
    ],
    samples: 0,
  },
  {
    says: "22012: a function in SQL that fails on a value",
    v2: `create function share(x int) returns bool language sql immutable as 'select 1 / (x - 3) <> 7';
         alter table "Party" add constraint shared check (share(id))`,
    preflight: undefined,
    code: 1,
    screen: [
      "while it loaded Party: the server refused it; its message is in the report (SQLSTATE 22012)",
      /row \d+ of 24 that go into Party was refused/,
      withNewDump,
    ],
    report: ["ERROR 22012: division by zero", /line \d+ of the dump: 3\t/],
    samples: 0,
  },
  {
    says: "row-level security that holds for the owner of v2's table",
    v2: `alter table "Party" enable row level security; alter table "Party" force row level security`,
    preflight: ["row-level security holds for v2's role on Party: COPY is refused"],
    code: 1,
    screen: [
      'query would be affected by row-level security policy for table "Party" (SQLSTATE 42501)',
      "npx movebook step data-move preflight --env dev",
    ],
    report: ["ERROR 42501: query would be affected"],
    samples: 0,
  },
];
