import { describe, expect, it } from "vitest";
import { buildSessionPins, buildStartupOptions } from "../../scripts/postgres/session.ts";

/** What the plain SET statements set, in their order. */
const settings = (text: string): [name: string, value: string][] =>
  [...text.matchAll(/^set (\w+) = (.*);$/gm)].map(([, name = "", value = ""]) => [name, value]);

describe("the pins of a session", () => {
  const pinned = settings(buildSessionPins({ readOnly: true }));

  it.each([
    ["client_encoding", "'UTF8'"],
    ["TimeZone", "'UTC'"],
    ["DateStyle", "'ISO, YMD'"],
    ["IntervalStyle", "'postgres'"],
    ["extra_float_digits", "'3'"],
    ["bytea_output", "'hex'"],
    ["lc_monetary", "'C'"],
    ["xmloption", "'content'"],
    ["standard_conforming_strings", "'on'"],
    ["array_nulls", "'on'"],
    ["transform_null_equals", "'off'"],
    ["default_transaction_isolation", "'read committed'"],
    ["default_transaction_deferrable", "'off'"],
    ["quote_all_identifiers", "'off'"],
    ["row_security", "'off'"],
    ["statement_timeout", "'0'"],
    ["idle_in_transaction_session_timeout", "'0'"],
    ["client_min_messages", "'error'"],
    ["lock_timeout", "'0'"],
    ["default_transaction_read_only", "on"],
  ])("set %s to %s, whatever role and database carry", (name, value) => {
    expect(pinned).toContainEqual([name, value]);
  });

  it("run under an empty search_path, and leave the role's own", () => {
    const lines = buildSessionPins({ readOnly: true }).split("\n");
    const first = lines.findIndex((line) => line.startsWith("do "));
    expect(lines.slice(0, first)).toContain("set search_path to '';");
    expect(lines.at(-1)).toBe("set search_path to default;");
  });

  it("set each of them once", () => {
    const names = pinned.map(([name]) => name);
    expect(names).toEqual([...new Set(names)]);
    expect(names).toHaveLength(20);
  });

  it("ask first for settings that only some servers know", () => {
    expect(buildSessionPins({ readOnly: true })).toContain(
      "from pg_catalog.pg_settings where name in ('transaction_timeout', 'idle_session_timeout');",
    );
    expect(pinned.map(([name]) => name)).not.toContain("transaction_timeout");
  });

  it("refuse writes, or allow them where a role forbids them", () => {
    const readOnly = (use: boolean): string | undefined =>
      new Map(settings(buildSessionPins({ readOnly: use }))).get("default_transaction_read_only");
    expect([readOnly(true), readOnly(false)]).toEqual(["on", "off"]);
  });

  it("wait for a lock for ever, or as long as is said", () => {
    expect(settings(buildSessionPins({ readOnly: false, lockTimeout: 5_000 }))).toContainEqual([
      "lock_timeout",
      "'5000'",
    ]);
  });

  it("print no rows", () => {
    const text = buildSessionPins({ readOnly: false });
    expect(text).not.toMatch(/^select/m);
    for (const line of text.split("\n")) expect(line).toMatch(/^(set|do) .*;$/);
  });
});

describe("the options of a connection", () => {
  it("pin what must hold before the first statement", () => {
    expect(buildStartupOptions({ readOnly: true }, undefined)).toBe(
      "-c default_transaction_read_only=on -c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c TimeZone=UTC -c lc_monetary=C",
    );
    expect(buildStartupOptions({ readOnly: false }, undefined)).toContain("read_only=off");
  });

  it("follow those of the URL, because the server takes the last of two", () => {
    expect(
      buildStartupOptions({ readOnly: true }, "endpoint=ep-x -c default_transaction_read_only=off"),
    ).toMatch(
      /^endpoint=ep-x -c default_transaction_read_only=off -c default_transaction_read_only=on /,
    );
  });
});
