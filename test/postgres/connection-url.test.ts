import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import { describeEndpoint } from "../../scripts/postgres/endpoint.ts";

/** The password in the clear, for comparing. */
function parse(raw: string) {
  const { password, ...endpoint } = parseConnectionUrl(raw);
  return { ...endpoint, password: password?.reveal() };
}

function messageOf(raw: string): string {
  try {
    parseConnectionUrl(raw);
  } catch (cause) {
    return cause instanceof Error ? cause.message : "not an error";
  }
  throw new Error("was accepted");
}

/** All that can be seen of an endpoint, or of the error without the stack (which names this file's code). */
function showOutcome(raw: string): string {
  try {
    const endpoint = parseConnectionUrl(raw);
    return inspect(endpoint.password) + describeEndpoint(endpoint);
  } catch (cause) {
    return inspect(cause, { showHidden: true }).split("\n    at ", 1).join("");
  }
}

describe("parseConnectionUrl", () => {
  it("reads a direct Neon URL", () => {
    expect(
      parse(
        "postgresql://owner:npg_abc@ep-cool-1.eu-central-1.aws.neon.tech/shop?sslmode=require&channel_binding=require",
      ),
    ).toEqual({
      host: "ep-cool-1.eu-central-1.aws.neon.tech",
      port: 5432,
      database: "shop",
      user: "owner",
      password: "npg_abc",
      parameters: { sslmode: "require", channel_binding: "require" },
      poolerSigns: [],
    });
  });

  it("takes postgres:// as well, with blanks or a line break around it", () => {
    expect(parse(" postgres://app:pw@db:5433/shop\n")).toMatchObject({
      host: "db",
      port: 5433,
      password: "pw",
    });
  });

  it("decodes user, password, database, and parameters, and leaves a + alone", () => {
    expect(parse("postgres://a%40b:p%23s+s%2F@db/my%20shop?options=-c%20a%3Db+c")).toMatchObject({
      user: "a@b",
      password: "p#s+s/",
      database: "my shop",
      parameters: { options: "-c a=b+c" },
    });
  });

  it("takes everything after the first colon as the password", () => {
    expect(parse("postgres://app:p:w@db/shop").password).toBe("p:w");
    expect(parse("postgres://app:@db/shop").password).toBeUndefined();
    expect(parse("postgres://app@db/shop").password).toBeUndefined();
  });

  it("reads IPv6 addresses", () => {
    expect(parse("postgres://app@[::1]:5433/shop")).toMatchObject({ host: "::1", port: 5433 });
    expect(parse("postgres://app@[fe80::1%25eth0]/shop").host).toBe("fe80::1%eth0");
  });

  it("reads Unix sockets, from ?host= or as the host", () => {
    expect(parse("postgres://app@/shop?host=/var/run/postgresql&port=5433")).toMatchObject({
      host: "/var/run/postgresql",
      port: 5433,
    });
    expect(parse("postgres://app@%2Ftmp%2Fpg/shop").host).toBe("/tmp/pg");
    expect(parse("postgres://app@localhost/shop?host=/tmp/pg").host).toBe("/tmp/pg");
  });

  it("reads user, password and database from parameters too", () => {
    expect(parse("postgresql:///?host=db&user=app&password=p%26w&dbname=shop")).toMatchObject({
      host: "db",
      user: "app",
      password: "p&w",
      database: "shop",
      parameters: {},
    });
  });

  it("recognises poolers by the host's first label, the port and Prisma's parameter", () => {
    expect(parse("postgres://a@ep-x-pooler.aws.neon.tech/shop").poolerSigns).toEqual([
      "host has -pooler",
    ]);
    expect(parse("postgres://a@db.supabase.co:6543/s").poolerSigns).toEqual([
      "port 6543 (Supabase's pooler)",
    ]);
    expect(parse("postgres://a@db:6432/s?pgbouncer=true").poolerSigns).toEqual([
      "port 6432 (PgBouncer)",
      "pgbouncer=true",
    ]);
    expect(parse("postgres://a@db.my-pooler.example:5432/s?pgbouncer=false").poolerSigns).toEqual(
      [],
    );
  });

  it("drops Prisma's parameters and our own, and keeps a schema in mind that is not public", () => {
    const url =
      "postgres://a@db/s?connection_limit=5&pool_timeout=2&application_name=x&statement_cache_size=0&schema=";
    expect(parse(`${url}app`)).toMatchObject({ parameters: {}, prismaSchema: "app" });
    expect(parse(`${url}public`)).not.toHaveProperty("prismaSchema");
  });

  it("takes ssl=true as sslmode=require, and refuses modes that libpq does not know", () => {
    expect(parse("postgres://a@db/s?ssl=true").parameters).toEqual({ sslmode: "require" });
    expect(messageOf("postgres://a@db/s?sslmode=no-verify")).toContain("sslmode must be one of");
  });

  it.each([
    ["#", "postgres://app:pa#ss@db/shop"],
    ["/", "postgres://app:pa/ss@db/shop"],
    ["?", "postgres://app:pa?ss@db/shop"],
    ["@", "postgres://app:pa@ss@db/shop"],
    ["%", "postgres://app:pa%ss@db/shop"],
    ["/ or @", "postgres://app:pa@ss/w@db/shop"],
  ])("says that a raw %s in the password must be percent-encoded", (character, url) => {
    const message = messageOf(url);
    expect(message).toContain(`a raw ${character} `);
    expect(message).toContain("# is %23");
  });

  it.each([
    ["", "must begin with postgresql://"],
    ["shop", "must begin with postgresql://"],
    ["jdbc:postgresql://db/shop", "must begin with postgresql://"],
    ["mysql://a@db/s", "must begin with postgresql://"],
    ["prisma+postgres://accelerate.example/?api_key=x", "Prisma's own service"],
    ["psql 'postgresql://a@db/s'", "psql command line"],
    ["'postgresql://a@db/s'", "in quotes"],
    ["postgres://a@db/my shop", "a blank"],
    ["postgres://db/shop", "no user"],
    ["postgres://a@db", "no database"],
    ["postgres://a@db/", "no database"],
    ["postgres://a@/shop", "no host"],
    ["postgres://a@one,two/shop", "several hosts"],
    ["postgres://a@one:1,two:2/shop", "several hosts"],
    ["postgres://a@/shop?host=one,two", "several hosts"],
    ["postgres://a@db:port/shop", "the port is not a number"],
    ["postgres://a@db:70000/shop", "the port is not a number"],
    ["postgres://a@[::1/shop", "host and port cannot be read"],
    ["postgres://a@d$b/shop", "the host cannot be read"],
    ["postgres://a:%FF@db/shop", "is not UTF-8"],
    ["postgres://a:%00@db/shop", "%00"],
    [
      "postgres://a@db/s?sslmod=require",
      "the parameter sslmod is not known; did you mean sslmode?",
    ],
    ["postgres://a@db/s?colour=red", "the parameter colour is not known: remove it"],
    ["postgres://a@db/s?passfile=/x", "passfile cannot be used"],
    ["postgres://a@db/s?service=x", "service cannot be used"],
    ["postgres://a@db/s?sslmode", "sslmode has no value"],
    ["postgres://a@db/s?sslmode=require&sslmode=disable", "sslmode stands twice"],
  ])("refuses %s", (url, message) => expect(messageOf(url)).toContain(message));

  it("does not name what may be a piece of the password", () => {
    for (const url of ["postgres://a@db/s?password=one&two=3", "postgres://a:one@db?two=3@db/s"]) {
      expect(messageOf(url)).not.toContain("two");
    }
  });

  it("reads back any password, user and database that were percent-encoded", () => {
    const text = fc
      .string({ minLength: 1, unit: "grapheme" })
      .filter((s) => !/\p{Surrogate}|\0/u.test(s));
    fc.assert(
      fc.property(text, text, text, (user, password, database) => {
        const url = `postgres://${[user, password].map(encodeURIComponent).join(":")}@db/${encodeURIComponent(database)}`;
        expect(parse(url)).toMatchObject({ user, password, database });
      }),
    );
  });

  it("never puts a piece of a badly encoded password into an error", () => {
    const pieces = fc.constantFrom(
      "s3cret",
      "#",
      "/",
      "?",
      "@",
      "%",
      ":",
      "&",
      "=",
      "[",
      "]",
      ",",
      " ",
      "%zz",
      "'",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 10 }), (parts) => {
        expect(showOutcome(`postgres://app:s3cret${parts.join("")}@db/shop`)).not.toContain(
          "s3cret",
        );
      }),
      { numRuns: 3_000 },
    );
  });
});
