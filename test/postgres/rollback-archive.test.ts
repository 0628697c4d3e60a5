import { describe, expect, it } from "vitest";
import {
  buildArchive,
  buildArchiveReading,
  cleanScript,
  listMissing,
} from "../../scripts/postgres/rollback-archive.ts";
import { inPublic } from "./made-catalogue.ts";
import { makeEndpoint } from "./made-endpoint.ts";

describe("the pg_dump of a rollback point", () => {
  const command = buildArchive(makeEndpoint(), {
    program: "pg_dump",
    applicationName: "test",
    file: "/tmp/run/rows",
    holds: "rows",
    tables: [inPublic('A "b"'), inPublic("c")],
    snapshot: "00000003-0000001B-1",
  });

  it("reads one moment, waits for locks half a minute, asks for no password, and names each table", () => {
    expect(command.args).toEqual([
      "--data-only",
      "--format=custom",
      "--encoding=UTF8",
      "--no-password",
      "--lock-wait-timeout=30000",
      "--snapshot=00000003-0000001B-1",
      "--file=/tmp/run/rows",
      '--table="public"."A ""b"""',
      '--table="public"."c"',
      "--dbname=service=movebook",
    ]);
  });

  it("has its address and password in files only", () => {
    expect(Object.keys(command.secretFiles ?? {})).toEqual(["PGSERVICEFILE", "PGPASSFILE"]);
  });

  it("is read back into a file, without a server", () => {
    const { args } = buildArchiveReading("pg_restore", "/a.dump", "rows", "/b.sql");
    expect(args).toEqual(["--data-only", "--file=/b.sql", "/a.dump"]);
  });
});

describe("a table of contents", () => {
  const contents = `; Archive created at 2026-11-21
3456; 0 16411 TABLE DATA public Animal shop_v2_owner
3457; 0 16412 TABLE DATA public two lines owner
`;

  it("names what is in the archive; a line break in a name is a blank there", () => {
    expect(listMissing(contents, [inPublic("Animal"), inPublic("two\nlines")])).toEqual([]);
    expect(listMissing(contents, [inPublic("Anim"), inPublic("two")])).toEqual([
      inPublic("Anim"),
      // "two lines owner" could be a table `two` of `lines owner`: rows are counted too
    ]);
  });
});

describe("a schema script", () => {
  it("is sent without the settings that our session has, and without \\restrict", () => {
    const script = `--
-- PostgreSQL database dump
--

\\restrict h9Zk
SET statement_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
SET default_tablespace = '';
CREATE TABLE public.knex_migrations (
    id integer NOT NULL
);
COMMENT ON COLUMN public.knex_migrations.id IS 'SET statement_timeout = 0;';
\\unrestrict h9Zk
`;
    const clean = cleanScript(script);
    expect(clean).not.toMatch(/^\\|^SET (?:statement|transaction)_timeout/mu);
    expect(clean).toContain("SET default_tablespace = '';");
    expect(clean).toContain("set_config('search_path', '', false)");
    expect(clean).toContain("IS 'SET statement_timeout = 0;';");
  });
});
