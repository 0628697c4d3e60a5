import { displayName, quoteIdentifier, quoteName, type QualifiedName } from "./identifier.ts";
import { buildSourceRows, type MovedTable, type TablePlan } from "./table-plan.ts";
import type { Column, Table } from "./catalogue.ts";
import type { Probe, Rule } from "./forecast/rule.ts";

const toName = ({ schema, name }: QualifiedName): QualifiedName => ({ schema, name });

const buildProbe = (table: MovedTable, where: string): Probe => ({
  rows: `${buildSourceRows(table)} as t`,
  where,
});

const isNotNull = (column: string): string => `t.${quoteIdentifier(column)} is not null`;

/**
 * Tables and columns that only one side has, or that are filled differently, in both directions. Types, nullability
 * and constraints are compared where they are tested: see forecast.ts.
 */
export const listSchemaDifferences = (plan: TablePlan): Rule[] => [
  ...plan.homeless.map(describeHomeless),
  ...plan.targetOnly.map(describeTargetOnly),
  ...plan.moved.flatMap(listColumnDifferences),
];

const adviseOnMissing = (name: string): string =>
  `see whether v2's migrations are all applied; if v2 has dropped it, decide to leave it behind with V1_LEAVE_OUT=${name}`;

function describeHomeless(table: Table): Rule {
  const name = displayName(table);
  return {
    kind: "table-in-v1-only",
    table: toName(table),
    columns: [],
    severity: "problem",
    text: (rows) => `table ${name} is in v1 and not in v2 (${rows})`,
    todo: adviseOnMissing(name),
    probe: { rows: `${table.kind === "p" ? "" : "only "}${quoteName(table)} as t`, where: "true" },
    otherwise: { severity: "problem", text: `table ${name} is in v1 and not in v2 (0 rows)` },
  };
}

const describeTargetOnly = (table: Table): Rule => ({
  kind: "table-in-v2-only",
  table: toName(table),
  columns: [],
  severity: "note",
  text: () => `table ${displayName(table)} is in v2 and not in v1: it stays as it is`,
});

function listColumnDifferences(table: MovedTable): Rule[] {
  const loaded = new Set(table.columns.map(({ name }) => name));
  const inSource = new Map(table.source.columns.map((column) => [column.name, column]));
  const inTarget = new Map(table.target.columns.map((column) => [column.name, column]));
  return [
    ...table.homeless.map((column) => describeSourceOnly(table, column)),
    ...table.skipped.map((column) => describeSkipped(table, column)),
    ...table.computed.map((column) => describeComputed(table, column)),
    ...table.source.columns
      .filter(({ name, generated }) => generated !== "" && !table.skipped.includes(name))
      .flatMap((column) => describeNoLongerComputed(table, column, inTarget.get(column.name))),
    ...table.target.columns
      .filter(
        ({ name, generated }) =>
          !loaded.has(name) &&
          generated === "" &&
          inSource.get(name)?.generated !== "s" &&
          inSource.get(name)?.generated !== "v",
      )
      .map((column) => describeUnloaded(table, column)),
    ...table.columns.flatMap(({ source, target }) => describeIdentity(table, source, target)),
  ];
}

function describeSourceOnly(table: MovedTable, column: string): Rule {
  const name = `${displayName(table.name)}.${column}`;
  return {
    kind: "column-in-v1-only",
    table: table.name,
    columns: [column],
    severity: "problem",
    text: (rows) => `column ${name} is in v1 and not in v2 (filled in ${rows})`,
    todo: adviseOnMissing(name),
    probe: buildProbe(table, isNotNull(column)),
    otherwise: {
      severity: "problem",
      text: `column ${name} is in v1 and not in v2 (filled in 0 rows)`,
    },
  };
}

function describeSkipped(table: MovedTable, column: string): Rule {
  const name = `${displayName(table.name)}.${column}`;
  return {
    kind: "column-left-out",
    table: table.name,
    columns: [column],
    severity: "note",
    text: (rows) => `column ${name} is left behind by decision (filled in ${rows})`,
    probe: buildProbe(table, isNotNull(column)),
    otherwise: {
      severity: "note",
      text: `column ${name} is left behind by decision (filled in 0 rows)`,
    },
  };
}

function describeComputed(table: MovedTable, column: string): Rule {
  const name = `${displayName(table.name)}.${column}`;
  return {
    kind: "generated",
    table: table.name,
    columns: [column],
    severity: "warning",
    text: (rows) =>
      `${name} is generated in v2: the values of ${rows} of v1 are not loaded, v2 computes its own`,
    todo: "look whether v2 computes the same; content cannot be compared",
    probe: buildProbe(table, isNotNull(column)),
    otherwise: { severity: "note", text: `${name} is generated in v2 and empty in v1` },
  };
}

function describeNoLongerComputed(
  table: MovedTable,
  source: Column,
  target: Column | undefined,
): Rule[] {
  const name = `${displayName(table.name)}.${source.name}`;
  const about = { table: table.name, columns: [source.name], kind: "generated" } as const;
  if (target === undefined)
    return [
      {
        ...about,
        severity: "note",
        text: () => `${name} is generated in v1 and not in v2: nothing to move`,
      },
    ];
  if (target.generated !== "") return [];
  return [
    {
      ...about,
      severity: "problem",
      text: (rows) =>
        `${name} is generated in v1 and plain in v2: no dump holds its values (filled in ${rows})`,
      todo: `generate it in v2 as well, or leave it behind with V1_LEAVE_OUT=${name} and fill it later`,
      probe: buildProbe(
        table,
        target.notNull && !target.hasDefault ? "true" : isNotNull(source.name),
      ),
      otherwise: {
        severity: "note",
        text: `${name} is generated in v1 and plain in v2; it is empty in v1`,
      },
    },
  ];
}

function describeUnloaded(table: MovedTable, column: Column): Rule {
  const name = `${displayName(table.name)}.${column.name}`;
  const why = table.skipped.includes(column.name) ? "is not loaded" : "is in v2 and not in v1";
  const about = { table: table.name, columns: [column.name], kind: "column-in-v2-only" } as const;
  if (column.hasDefault || column.identity !== "")
    return {
      ...about,
      severity: "note",
      text: () => `column ${name} ${why}: it takes its default`,
    };
  if (!column.notNull)
    return { ...about, severity: "note", text: () => `column ${name} ${why}: it stays NULL` };
  return {
    ...about,
    severity: "problem",
    text: (rows) =>
      `column ${name} ${why}, is NOT NULL and has no default: ${rows} of v1 would be refused`,
    todo: `give ${name} a default in v2, or allow NULL until it is filled`,
    probe: buildProbe(table, "true"),
    otherwise: {
      severity: "note",
      text: `column ${name} ${why}, is NOT NULL and has no default; v1 has no rows`,
    },
  };
}

function describeIdentity(table: MovedTable, source: Column, target: Column): Rule[] {
  if (source.identity === "" || target.identity !== "" || target.hasDefault) return [];
  const name = `${displayName(table.name)}.${target.name}`;
  return [
    {
      kind: "identity",
      table: table.name,
      columns: [target.name],
      severity: "note",
      text: () =>
        `${name} is an identity column in v1 and has no default in v2: new rows must bring their own value`,
    },
  ];
}
