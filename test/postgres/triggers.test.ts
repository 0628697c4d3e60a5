import { describe, expect, it } from "vitest";
import { buildSilence, buildUnsilence, type Trigger } from "../../scripts/postgres/triggers.ts";

const triggerWith = (mode: Trigger["mode"], more: Partial<Trigger> = {}): Trigger => ({
  schema: "public",
  table: "Animal",
  name: "touch",
  mode,
  ...more,
});

describe("user triggers during a load", () => {
  it.each([
    ["O", "enable trigger"],
    ["R", "enable replica trigger"],
    ["A", "enable always trigger"],
  ] as const)("are silent, and back in their own mode after it (%s)", (mode, words) => {
    const triggers = [triggerWith(mode)];
    expect(buildSilence(triggers)).toEqual([
      `alter table only "public"."Animal" disable trigger "touch";`,
    ]);
    expect(buildUnsilence(triggers)).toEqual([
      `alter table only "public"."Animal" ${words} "touch";`,
    ]);
  });

  it("stay as they are when they were disabled", () => {
    expect(buildSilence([triggerWith("D")])).toEqual([]);
    expect(buildUnsilence([triggerWith("D")])).toEqual([]);
  });

  it("are changed on each table alone: a parent would pass its mode on to its partitions", () => {
    const triggers = [
      triggerWith("A", { table: "event" }),
      triggerWith("D", { table: "event_2024" }),
      triggerWith("O", { table: "event_2025" }),
    ];
    expect(buildUnsilence(triggers)).toEqual([
      `alter table only "public"."event" enable always trigger "touch";`,
      `alter table only "public"."event_2025" enable trigger "touch";`,
    ]);
    for (const line of [...buildSilence(triggers), ...buildUnsilence(triggers)])
      expect(line).toMatch(/^alter table only /);
  });

  it("may be called anything", () => {
    const odd = triggerWith("O", { schema: "a.b", table: 'it"s', name: 'x" ; drop' });
    expect(buildSilence([odd])).toEqual([
      `alter table only "a.b"."it""s" disable trigger "x"" ; drop";`,
    ]);
  });
});
