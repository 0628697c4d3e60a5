import { describe, expect, it } from "vitest";
import {
  compareStructures,
  parseStructure,
  type ConstraintPart,
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
const build = (of: Partial<Structure> = {}): Structure => ({
  constraints: [key],
  triggers: [trigger],
  indexes: [],
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
  it("ignore tables that went on purpose", () => {
    const gone = new Set(['"public"."Animal"']);
    expect(compareStructures(build(), build({ constraints: [] }), gone)).toEqual([]);
  });
});

describe("a structure's JSON", () => {
  it("is an object or the list of answers, and nothing else", () => {
    const { constraints, triggers, indexes } = build();
    expect(parseStructure(JSON.stringify(build()))).toEqual(build());
    expect(parseStructure(JSON.stringify([constraints, triggers, indexes]))).toEqual(build());
    expect(() => parseStructure("{}")).toThrow("three lists");
  });
});
