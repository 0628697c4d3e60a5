import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { Secret } from "../../scripts/engine/secret.ts";
import type { Endpoint } from "../../scripts/postgres/endpoint.ts";
import { buildPassFile, buildServiceFile } from "../../scripts/postgres/service-file.ts";

const endpointWith = (changes: Partial<Endpoint> = {}): Endpoint => ({
  host: "db.example",
  port: 5432,
  database: "shop",
  user: "app",
  password: undefined,
  parameters: {},
  poolerSigns: [],
  ...changes,
});

/** The fields of a password file's line as libpq cuts and unescapes them (pwdfMatchesString, passwordFromFile). */
function readPassFile(content: string): string[] {
  const line = content.replace(/[\r\n]+$/, "");
  const fields = [...line.matchAll(/((?:\\[\s\S]|[^:\\])*\\?)(?::|$)/g)].map(
    (match) => match[1] ?? "",
  );
  return fields.slice(0, 5).map((field) => field.replaceAll(/\\([\s\S])/g, "$1"));
}

describe("buildServiceFile", () => {
  it("writes one service, without the password", () => {
    const endpoint = endpointWith({
      password: new Secret("s3cret-word"),
      parameters: { sslmode: "require" },
    });
    expect(buildServiceFile("v1", endpoint, { connect_timeout: "30" })).toBe(
      "[v1]\nhost=db.example\nport=5432\ndbname=shop\nuser=app\nsslmode=require\nconnect_timeout=30\n",
    );
  });

  it("lets our parameters win, because libpq keeps the first of two lines", () => {
    const endpoint = endpointWith({ parameters: { connect_timeout: "1" } });
    const lines = buildServiceFile("v1", endpoint, { connect_timeout: "30" }).split("\n");
    expect(lines.filter((line) => line.startsWith("connect_timeout"))).toEqual([
      "connect_timeout=30",
    ]);
  });

  it("joins the options of the URL with ours, ours last", () => {
    const endpoint = endpointWith({ parameters: { options: "endpoint=ep-x" } });
    expect(
      buildServiceFile("v1", endpoint, { options: "-c default_transaction_read_only=on" }),
    ).toContain("\noptions=endpoint=ep-x -c default_transaction_read_only=on\n");
  });

  it.each<[string, Partial<Endpoint>]>([
    ["dbname cannot be handed to psql: it holds a line break", { database: "a\nhost=evil" }],
    ["dbname cannot be handed to psql: it ends with a blank", { database: "shop " }],
    ["user cannot be handed to psql: it holds a line break or a NUL", { user: "a\0b" }],
    [
      "sslrootcert cannot be handed to psql: it is longer",
      { parameters: { sslrootcert: "x".repeat(1_010) } },
    ],
    ["service cannot be handed to psql", { parameters: { service: "x" } }],
    ["several hosts", { host: "/tmp/a,b" }],
  ])("refuses what libpq could not read back: %s", (message, changes) => {
    expect(() => buildServiceFile("v1", endpointWith(changes), {})).toThrow(message);
  });

  it("takes a line of the greatest length", () => {
    const sslrootcert = "x".repeat(1_021 - "sslrootcert=".length);
    expect(buildServiceFile("v1", endpointWith({ parameters: { sslrootcert } }), {})).toContain(
      sslrootcert,
    );
  });

  it("refuses a name of a service that could end the heading, and a password", () => {
    expect(() => buildServiceFile("v1]", endpointWith(), {})).toThrow("name of a service");
    expect(() => buildServiceFile("v1", endpointWith(), { password: "x" })).toThrow(
      "password file",
    );
  });
});

describe("buildPassFile", () => {
  it("escapes colons and backslashes", () => {
    const endpoint = endpointWith({ user: "a:b", password: new Secret("p\\w:x#'\"") });
    expect(buildPassFile(endpoint)).toBe("db.example:5432:shop:a\\:b:p\\\\w\\:x#'\":\n");
  });

  it("is empty without a password", () => expect(buildPassFile(endpointWith())).toBe(""));

  it("matches any host for a Unix socket, which libpq may call localhost", () => {
    const endpoint = endpointWith({ host: "/var/run/postgresql", password: new Secret("word") });
    expect(buildPassFile(endpoint)).toBe("*:5432:shop:app:word:\n");
  });

  it("refuses a line break or a NUL without repeating the password", () => {
    for (const word of ["s3cret\nx", "s3cret\0x"]) {
      expect(() => buildPassFile(endpointWith({ password: new Secret(word) }))).toThrow(
        /^a host, database, user or/,
      );
    }
  });

  it("holds any other text", () => {
    const text = fc
      .string({
        minLength: 1,
        unit: fc.oneof(fc.constantFrom(...Array.from(":\\ \r*#'ab")), fc.string({ maxLength: 2 })),
      })
      .filter((s) => s !== "" && !/[\n\0]/.test(s));
    fc.assert(
      fc.property(text, text, text, (user, database, password) => {
        const content = buildPassFile(
          endpointWith({ user, database, password: new Secret(password) }),
        );
        expect(readPassFile(content)).toEqual(["db.example", "5432", database, user, password]);
      }),
    );
  });
});
