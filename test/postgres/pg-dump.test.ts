import { describe, expect, it } from "vitest";
import type { QualifiedName } from "../../scripts/postgres/identifier.ts";
import { buildDumpCommand } from "../../scripts/postgres/pg-dump.ts";
import { makeEndpoint } from "./made-endpoint.ts";

const build = (...tables: readonly QualifiedName[]) =>
  buildDumpCommand(makeEndpoint(), {
    program: "/usr/bin/pg_dump",
    applicationName: "movebook",
    file: "/tmp/run/v1 data.sql",
    tables,
  });

describe("pg_dump", () => {
  it("dumps data only, as plain SQL, and never asks", () => {
    const command = build({ schema: "public", name: "Animal" });
    expect([command.program, ...command.args]).toEqual([
      "/usr/bin/pg_dump",
      "--data-only",
      "--format=plain",
      "--encoding=UTF8",
      "--no-password",
      "--lock-wait-timeout=30000",
      "--file=/tmp/run/v1 data.sql",
      `--table="public"."Animal"`,
      "--dbname=service=movebook",
    ]);
    expect(command.parts).toBeUndefined();
  });

  it("leaves the triggers alone: managed servers refuse that to owners", () => {
    expect(build().args.join(" ")).not.toContain("trigger");
  });

  it("is told each table by name, quoted, so that no pattern matches another one", () => {
    const { args } = build(
      { schema: "public", name: "order*" },
      { schema: "Odd.Schema", name: 'a"b' },
    );
    expect(args.filter((arg) => arg.startsWith("--table"))).toEqual([
      `--table="public"."order*"`,
      `--table="Odd.Schema"."a""b"`,
    ]);
  });

  it("cannot write to v1, and has no secret in argv or environment", () => {
    const command = build();
    expect(command.secretFiles?.["PGSERVICEFILE"]?.()).toContain(
      "options=-c default_transaction_read_only=on ",
    );
    expect(JSON.stringify(command)).not.toContain("canary");
    expect(Object.keys(command.secretFiles ?? {})).toEqual(["PGSERVICEFILE", "PGPASSFILE"]);
  });
});
