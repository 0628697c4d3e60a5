import { describe, expect, it } from "vitest";
import {
  buildAdd,
  buildComment,
  buildMake,
  buildValidate,
  type KeyDefinition,
} from "../../scripts/postgres/key-changes.ts";

const key: KeyDefinition = {
  schema: "public",
  table: "Order",
  name: "Order_client_fkey",
  definition: "FOREIGN KEY (client) REFERENCES public.party(id)",
  validated: true,
  comment: "it's kept",
  tableKind: "r",
  referencedKind: "r",
  copies: [],
};

describe("a foreign key that comes back", () => {
  it("is added without looking at the rows, and they are checked in a second statement", () => {
    expect(buildAdd(key)).toBe(
      `alter table "public"."Order" add constraint "Order_client_fkey" ${key.definition} not valid;`,
    );
    expect(buildValidate(key)).toBe(
      `alter table "public"."Order" validate constraint "Order_client_fkey";`,
    );
  });

  it.each([{ tableKind: "p" }, { referencedKind: "p" }] as const)(
    "is checked at once where NOT VALID is refused, or would leave copies on partitions so (%o)",
    (kind) => {
      expect(buildAdd({ ...key, ...kind })).toMatch(/party\(id\);$/);
      expect(buildValidate({ ...key, ...kind })).toBeUndefined();
    },
  );

  it("stays NOT VALID when it was", () => {
    const notValid = { ...key, validated: false, definition: `${key.definition} NOT VALID` };
    for (const one of [notValid, { ...notValid, referencedKind: "p" as const }]) {
      expect(buildAdd(one)).toMatch(/ not valid;$/);
      expect(buildValidate(one)).toBeUndefined();
    }
  });

  it("gets its comment back", () => {
    expect(buildComment(key)).toBe(
      `comment on constraint "Order_client_fkey" on "public"."Order" is 'it''s kept';`,
    );
    expect(buildComment({ ...key, comment: null })).toBeUndefined();
  });
});

describe("a key with copies on partitions", () => {
  const copy = {
    schema: "public",
    table: "Order_1",
    name: "by hand",
    comment: "it's mine",
    referencedSchema: "public",
    referencedTable: "party",
    own: "FOREIGN KEY (client) REFERENCES public.party(id)",
  };

  it("is made after those that stood on partitions by themselves, with their comments", () => {
    expect(buildMake({ ...key, tableKind: "p", comment: null, copies: [copy] })).toEqual([
      `alter table "public"."Order_1" add constraint "by hand" ${copy.own};`,
      `comment on constraint "by hand" on "public"."Order_1" is 'it''s mine';`,
      `alter table "public"."Order" add constraint "Order_client_fkey" ${key.definition};`,
    ]);
  });

  it("gives those that the server makes their names back, in a block that survives any name", () => {
    const made = { ...copy, name: "$movebook$", own: null };
    const last = buildMake({ ...key, tableKind: "p", copies: [made] }).at(-1) ?? "";
    expect(last).toMatch(/^do \$movebook_\$ [\s\S]*rename constraint[\s\S]* \$movebook_\$;$/u);
    expect(last).toContain(`"name":"$movebook$"`);
  });

  it("needs neither where there are none", () => {
    expect(buildMake({ ...key, comment: null })).toEqual([buildAdd(key)]);
  });
});
