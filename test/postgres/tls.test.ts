import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lacksRootCertificate, tlsChoices } from "../../scripts/postgres/tls.ts";
import { makeEndpoint } from "./made-endpoint.ts";

const withMode = (parameters: Record<string, string>) => makeEndpoint({ parameters });

describe("tlsChoices", () => {
  it("prefers encryption without a mode, and goes on without it only when the server has none", () => {
    const [first, second] = tlsChoices(withMode({}));
    expect(first?.config).toMatchObject({ rejectUnauthorized: false });
    expect(first?.mayFallBack(new Error("The server does not support SSL connections"))).toBe(true);
    expect(first?.mayFallBack(new Error("password authentication failed"))).toBe(false);
    expect(second?.config).toBe(false);
  });

  it("never falls back under require, and verifies only when it is told to", () => {
    const required = tlsChoices(withMode({ sslmode: "require" }));
    expect(required).toHaveLength(1);
    expect(required[0]?.config).toMatchObject({ rejectUnauthorized: false });
    expect(tlsChoices(withMode({ sslmode: "verify-full" }))[0]?.config).toEqual({
      rejectUnauthorized: true,
    });
    expect(tlsChoices(withMode({ sslmode: "disable" })).map(({ config }) => config)).toEqual([
      false,
    ]);
  });
});

describe("lacksRootCertificate", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "home-"));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it("says that psql cannot verify where our own sessions can", () => {
    expect(lacksRootCertificate(withMode({ sslmode: "verify-full" }), home)).toBe(true);
    expect(lacksRootCertificate(withMode({ sslmode: "require" }), home)).toBe(false);
    expect(
      lacksRootCertificate(withMode({ sslmode: "verify-full", sslrootcert: "system" }), home),
    ).toBe(false);
    mkdirSync(join(home, ".postgresql"));
    writeFileSync(join(home, ".postgresql", "root.crt"), "");
    expect(lacksRootCertificate(withMode({ sslmode: "verify-ca" }), home)).toBe(false);
  });
});
