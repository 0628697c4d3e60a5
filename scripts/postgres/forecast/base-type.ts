import type { Catalogue, Column, DomainType } from "../catalogue.ts";

/** A column's type with its domains taken off. */
export interface BaseType {
  /** `format_type`: `numeric(10,2)`, `public."Status"`; of the whole array for arrays. */
  readonly sql: string;
  readonly schema: string;
  /** pg_type.typname; of the element for arrays: `int4`, `varchar`, `citext`. */
  readonly name: string;
  readonly kind: string;
  readonly isArray: boolean;
  /** What stands in brackets: [10, 2]. Only of built-in types. */
  readonly modifiers: readonly number[];
  /** Labels of an enum. */
  readonly labels: readonly string[];
  /** What its domains demand. */
  readonly domain: {
    readonly notNull: boolean;
    readonly checks: readonly DomainType["checks"][number][];
  };
}

type TypeOfColumn = Pick<Column, "type" | "typeSchema" | "typeName" | "typeKind" | "isArray">;

const readModifiers = (sql: string): number[] => {
  const inside = /\((?<list>-?\d+(?:,-?\d+)?)\)/.exec(sql)?.groups?.["list"];
  return inside === undefined ? [] : inside.split(",").map(Number);
};

/** Takes the domains off a type, of the elements too, and collects what they demand. */
export function resolveType(catalogue: Catalogue, of: TypeOfColumn): BaseType {
  const domain =
    of.typeKind === "d"
      ? catalogue.domains.find(
          ({ schema, name }) => schema === of.typeSchema && name === of.typeName,
        )
      : undefined;
  if (domain !== undefined && !(of.isArray && domain.baseIsArray)) {
    const base = resolveType(catalogue, {
      type: of.isArray ? `${domain.base}[]` : domain.base,
      typeSchema: domain.baseSchema,
      typeName: domain.baseName,
      typeKind: domain.baseKind,
      isArray: of.isArray || domain.baseIsArray,
    });
    const demands = {
      notNull: base.domain.notNull || domain.notNull,
      checks: [...base.domain.checks, ...domain.checks],
    };
    return { ...base, domain: demands };
  }
  const type = catalogue.enums.find(
    ({ schema, name }) => schema === of.typeSchema && name === of.typeName,
  );
  return {
    sql: of.type,
    schema: of.typeSchema,
    name: of.typeName,
    kind: of.typeKind,
    isArray: of.isArray,
    modifiers: of.typeSchema === "pg_catalog" ? readModifiers(of.type) : [],
    labels: of.typeKind === "e" ? (type?.labels ?? []) : [],
    domain: { notNull: false, checks: [] },
  };
}

/** The element's type of an array. */
export const elementOf = (array: BaseType): BaseType => ({
  ...array,
  sql: array.sql.replace(/(\[\])+$/, ""),
  isArray: false,
});

const textNames = new Set(["text", "varchar", "bpchar", "name", "citext"]);

/** Types whose values are printed as they are. */
export const isTextual = (type: BaseType): boolean =>
  !type.isArray && type.kind === "b" && textNames.has(type.name);

/** The same type under the same name, wherever an extension put it. */
export const isSameType = (a: BaseType, b: BaseType): boolean =>
  a.name === b.name &&
  a.kind === b.kind &&
  a.isArray === b.isArray &&
  (a.sql === b.sql ||
    (a.schema !== "pg_catalog" &&
      b.schema !== "pg_catalog" &&
      a.kind === "b" &&
      !/\(/.test(a.sql + b.sql)));
