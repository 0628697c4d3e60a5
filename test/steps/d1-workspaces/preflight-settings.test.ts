import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../../scripts/engine/settings.ts";
import { d1WorkspacesParams } from "../../../scripts/steps/d1-workspaces/params.ts";
import {
  listTargetNames,
  pinIdentity,
} from "../../../scripts/steps/d1-workspaces/pinned-identity.ts";
import {
  checkSettings,
  judgeSides,
} from "../../../scripts/steps/d1-workspaces/preflight-settings.ts";
import type { Settings } from "../../../scripts/engine/param.ts";

const good = {
  V1_D1_NAME: "dataos-v1",
  V1_D1_ID: "id-1",
  V2_D1_NAME: "dataos-v2",
  V2_D1_ID: "id-2",
  CLOUDFLARE_ACCOUNT_ID: "0123456789abcdef0123456789abcdef",
  CLOUDFLARE_API_TOKEN: "canary-token",
};

function settingsOf(
  environment: "local" | "remote",
  variables: Readonly<Record<string, string>>,
): Settings {
  const folder = mkdtempSync(join(tmpdir(), "movebook-settings-"));
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, `.env.d1.${environment}`), lines.join(""));
  return readSettings(d1WorkspacesParams, environment, folder, {});
}

const refusals = (settings: Settings): string[] =>
  checkSettings(settings)
    .filter(({ outcome }) => outcome === "problem")
    .map(({ text }) => text);

describe("settings of a D1 move", () => {
  it("are accepted, and the token is not shown", () => {
    const results = checkSettings(settingsOf("remote", good));
    expect(results.every(({ outcome }) => outcome === "passed")).toBe(true);
    expect(JSON.stringify(results)).not.toContain("canary");
  });

  it("name each one that is missing", () => {
    expect(refusals(settingsOf("remote", {}))).toEqual([
      "V1_D1_NAME is not set",
      "V1_D1_ID is not set",
      "V2_D1_NAME is not set",
      "V2_D1_ID is not set",
      "CLOUDFLARE_ACCOUNT_ID is not set",
    ]);
  });

  it.each([
    ["V1_D1_NAME", "--remote", "not the name of a D1 database"],
    ["V2_D1_ID", "../x", "not the id of a D1 database"],
    ["CLOUDFLARE_ACCOUNT_ID", "mine", "not an account id"],
    ["CLOUDFLARE_API_TOKEN", '"two words"', "holds no blanks"],
    ["CLOUDFLARE_API_BASE_URL", "http://example.com", "only https"],
    ["CLOUDFLARE_API_BASE_URL", "https://me:secret@example.com", "with a user or password"],
  ])("refuse %s=%s", (variable, value, says) => {
    const [text] = refusals(settingsOf("remote", { ...good, [variable]: value }));
    expect(text).toContain(`${variable} cannot be used`);
    expect(text).toContain(says);
  });

  it("refuse the same id on both sides, also in two state folders", () => {
    const folders = { V1_D1_STATE_FOLDER: "v1", V2_D1_STATE_FOLDER: "v2" };
    expect(refusals(settingsOf("local", { ...good, ...folders, V2_D1_ID: "id-1" }))).toEqual([
      "v1 and v2 are the same database: V1_D1_ID and V2_D1_ID are equal",
    ]);
  });

  it("refuse the same name in one place, and take it in two state folders", () => {
    const same = { ...good, V1_D1_NAME: "dataos-db", V2_D1_NAME: "dataos-db" };
    expect(judgeSides(settingsOf("local", same))).toHaveLength(1);
    expect(judgeSides(settingsOf("remote", same))).toHaveLength(1);
    expect(
      judgeSides(settingsOf("local", { ...same, V2_D1_STATE_FOLDER: "v2/.wrangler/state" })),
    ).toEqual([]);
  });
});

describe("the pins of a run", () => {
  it("name both databases and where they are, without the token", () => {
    expect(pinIdentity(settingsOf("remote", good))).toEqual({
      source: "dataos-v1 (id-1), remote, account 0123456789abcdef0123456789abcdef",
      target: "dataos-v2 (id-2), remote, account 0123456789abcdef0123456789abcdef",
    });
    expect(pinIdentity(settingsOf("local", { ...good, V1_D1_STATE_FOLDER: "v1/state" }))).toEqual({
      source: "dataos-v1 (id-1), local, in v1/state",
      target: "dataos-v2 (id-2), local, in .wrangler/state",
    });
  });

  it("are there without settings: preflight says what is missing", () => {
    expect(pinIdentity(settingsOf("local", {})).target).toBe(
      "not set (not set), local, in .wrangler/state",
    );
    expect(listTargetNames(settingsOf("local", {}))).toEqual([]);
    expect(listTargetNames(settingsOf("local", good))).toEqual(["dataos-v2"]);
  });
});
