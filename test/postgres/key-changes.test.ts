import { describe, expect, it } from "vitest";
import {
  buildAdd,
  buildComment,
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
