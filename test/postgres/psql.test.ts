import { describe, expect, it } from "vitest";
import type { Command } from "../../scripts/engine/command.ts";
import type { Endpoint } from "../../scripts/postgres/endpoint.ts";
import { PartMaker } from "../../scripts/postgres/load-parts.ts";
import { buildConnection, buildEcho, buildPsqlCommand } from "../../scripts/postgres/psql.ts";
import { buildSessionPins } from "../../scripts/postgres/session.ts";
import { canary, makeEndpoint } from "./made-endpoint.ts";

const options = {
  program: "/usr/bin/psql",
  title: "import",
  applicationName: "movebook data-move dev r1",
  readOnly: false,
};
const build = (endpoint: Endpoint = makeEndpoint()): Command =>
  buildPsqlCommand(endpoint, options, [new PartMaker().make(["commit;"])]);

const serviceFile = (endpoint: Endpoint, use = options): string =>
  buildConnection(endpoint, use).secretFiles["PGSERVICEFILE"]?.() ?? "";

describe("a psql conversation", () => {
  it("reads no psqlrc, asks for no password, prints bare lines and stops at the first error", () => {
    expect([build().program, ...build().args].join(" ")).toBe(
      "/usr/bin/psql -X -w -q -A -t -v ON_ERROR_STOP=1 -d service=movebook",
    );
  });

  it("has the password in the password file and nowhere else", () => {
    const command = build();
    expect(JSON.stringify(command)).not.toContain("canary");
    expect(command.secretFiles?.["PGSERVICEFILE"]?.()).not.toContain("canary");
    expect(command.secretFiles?.["PGPASSFILE"]?.()).toBe(
      `db.example:5432:shop:app:${canary.replace(":", "\\:")}:\n`,
    );
  });

  it("does not even say in argv where it goes", () => {
    expect(build().args.join(" ")).not.toMatch(/db\.example|shop|app|5432/);
  });

  it("pins the session before anything else is sent", () => {
    const [pins, ...rest] = build().parts ?? [];
    expect(pins).toEqual({
      input: [
        {
          text: `\\set VERBOSITY verbose\n\\set SHOW_CONTEXT always\n${buildSessionPins(options)}\n\\echo movebook: session pinned\n`,
        },
      ],
      answer: "movebook: session pinned",
    });
    expect(rest).toEqual([new PartMaker().make(["commit;"])]);
  });

  it("speaks UTF8, and labels errors in English whatever the machine speaks", () => {
    expect(build().environment).toEqual({ PGCLIENTENCODING: "UTF8", LC_ALL: "C" });
  });

  it("answers with a line of its own", () => {
    expect(buildEcho("part done")).toBe("\\echo part done\n");
  });
});

describe("the service file of a call", () => {
  it("holds the endpoint, what must hold from the first message on, and who we are", () => {
    const endpoint = makeEndpoint({ parameters: { sslmode: "require" } });
    expect(serviceFile(endpoint).split("\n")).toEqual([
      "[movebook]",
      "host=db.example",
      "port=5432",
      "dbname=shop",
      "user=app",
      "sslmode=require",
      "options=-c default_transaction_read_only=off -c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c TimeZone=UTC -c lc_monetary=C",
      "application_name=movebook data-move dev r1",
      "connect_timeout=30",
      "",
    ]);
  });

  it("keeps the options of the URL, ours last", () => {
    const endpoint = makeEndpoint({ parameters: { options: "endpoint=ep-x" } });
    expect(serviceFile(endpoint)).toMatch(/^options=endpoint=ep-x -c default_transaction/m);
  });

  it("waits for a connection as long as the URL says", () => {
    const endpoint = makeEndpoint({ parameters: { connect_timeout: "7" } });
    expect(serviceFile(endpoint).match(/^connect_timeout=.*$/gm)).toEqual(["connect_timeout=7"]);
  });

  it("cuts our name where the server would", () => {
    const name = /^application_name=(.*)$/m.exec(
      serviceFile(makeEndpoint(), { ...options, applicationName: "m".repeat(100) }),
    );
    expect(name?.[1]).toHaveLength(63);
  });

  it("refuses writes from the first message on where nothing may be written", () => {
    expect(serviceFile(makeEndpoint(), { ...options, readOnly: true })).toContain(
      "-c default_transaction_read_only=on ",
    );
  });
});
