import { describe, expect, it } from "vitest";
import { compareStructures } from "../../scripts/postgres/structure-differences.ts";
import {
  buildStructure,
  parseStructure,
  structureQuestions,
  type ConstraintPart,
  type OtherPart,
  type Structure,
  type TriggerPart,
} from "../../scripts/postgres/structure.ts";

const key: ConstraintPart = {
  schema: "public",
  on: "Animal",
  name: "Animal_tenantId_fkey",
  kind: "f",
  definition: 'FOREIGN KEY ("tenantId") REFERENCES public."Tenant"(id)',
  validated: true,
  deferrable: false,
  deferred: false,
  enforced: true,
  comment: null,
  owned: true,
};
const trigger: TriggerPart = {
  schema: "audit",
  on: "Entry",
  name: "touch",
  definition: "CREATE TRIGGER touch",
  enabled: "A",
  comment: null,
  owned: true,
};
const column: OtherPart = {
  kind: "column",
  schema: "public",
  on: "Animal",
  name: "name",
  definition: { type: "text", options: ["n_distinct=5"] },
};
const sequence: OtherPart = {
  kind: "sequence",
  schema: "other",
  on: "Animal_id_seq",
  name: "Animal_id_seq",
  definition: { cache: 1, table: ["public", "Animal"] },
};
const build = (of: Partial<Structure> = {}): Structure => ({
  constraints: [key],
  triggers: [trigger],
  indexes: [],
  others: [column, sequence],
  ...of,
});

describe("two structures", () => {
  it("are equal whatever the order", () => {
    const other = { ...key, name: "b" };
    const before = build({ constraints: [key, other] });
    expect(compareStructures(before, build({ constraints: [other, key] }))).toEqual([]);
  });
  it("differ by a key that is not valid any more", () => {
    const after = build({
      constraints: [{ ...key, validated: false, definition: `${key.definition} NOT VALID` }],
    });
    expect(compareStructures(build(), after)).toEqual([
      `constraint Animal_tenantId_fkey on Animal: was ${key.definition}, is ${key.definition} NOT VALID`,
    ]);
  });
  it("differ by one that was replaced: as many as before, and not the same", () => {
    const after = build({ constraints: [{ ...key, name: "other" }] });
    expect(compareStructures(build(), after)).toEqual([
      `constraint Animal_tenantId_fkey on Animal: is gone, was ${key.definition}`,
      `constraint other on Animal: is new: ${key.definition}`,
    ]);
  });
  it("differ by a trigger's mode", () => {
    const after = build({ triggers: [{ ...trigger, enabled: "O" }] });
    expect(compareStructures(build(), after)).toEqual([
      "trigger touch on audit.Entry: was CREATE TRIGGER touch (always enabled), is CREATE TRIGGER touch (enabled)",
    ]);
  });
  it("are not told apart by names that only look alike", () => {
    const a = build({ constraints: [{ ...key, schema: "a", on: "b.c" }] });
    const b = build({ constraints: [{ ...key, schema: "a.b", on: "c" }] });
    expect(compareStructures(a, b)).toHaveLength(2);
  });
  it("ignore tables that went on purpose, with their columns and sequences", () => {
    const gone = new Set(['"public"."Animal"']);
    const after = build({ constraints: [], others: [] });
    expect(compareStructures(build(), after)).toHaveLength(3);
    expect(compareStructures(build(), after, gone)).toEqual([]);
  });
  it("show of anything else only what is not as it was", () => {
    const changed = { ...column, definition: { type: "text", "statistics target": 100 } };
    expect(compareStructures(build(), build({ others: [changed, sequence] }))).toEqual([
      'column name of Animal: options was ["n_distinct=5"], is not set; statistics target was not set, is 100',
    ]);
  });
  it("show anything else that is gone or new", () => {
    const comment = {
      kind: "comment",
      schema: "",
      on: "",
      name: "database",
      definition: { text: "x" },
    };
    expect(compareStructures(build(), build({ others: [column, comment] }))).toEqual([
      'sequence other.Animal_id_seq: is gone, was cache 1, table ["public","Animal"]',
      "comment on database: is new: text x",
    ]);
  });
});

describe("a structure's JSON", () => {
  it("is an object of four lists, and nothing else", () => {
    expect(parseStructure(JSON.stringify(build()))).toEqual(build());
    for (const text of ["{}", "null", "[]", JSON.stringify({ ...build(), others: undefined })])
      expect(() => parseStructure(text), text).toThrow("a structure is made of");
  });
  it("is put together from an answer to each question", () => {
    const { constraints, triggers, indexes } = build();
    const others = structureQuestions.slice(3).map((_, index) => (index === 1 ? [column] : []));
    const answers = [constraints, triggers, indexes, ...others];
    expect(buildStructure(answers)).toEqual(build({ others: [column] }));
    expect(() => buildStructure(answers.slice(1))).toThrow("is made of");
  });
});
