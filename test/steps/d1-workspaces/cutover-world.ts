import { chmodSync, mkdirSync, readFileSync, writeFileSync, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { askProbe } from "../../../scripts/engine/probe.ts";
import type { GateWorld } from "../../../scripts/engine/gate.ts";
import type { Runbook, Step } from "../../../scripts/engine/step.ts";
import { makeCleanUp } from "../../../scripts/steps/d1-workspaces/clean-up.ts";
import { cutoverParams } from "../../../scripts/steps/d1-workspaces/cutover-params.ts";
import { makeDeployApi } from "../../../scripts/steps/d1-workspaces/deploy-api.ts";
import { makeDeployWeb } from "../../../scripts/steps/d1-workspaces/deploy-web.ts";
import { makeInternalTest } from "../../../scripts/steps/d1-workspaces/internal-test.ts";
import { makeKeepV1 } from "../../../scripts/steps/d1-workspaces/keep-v1.ts";
import { d1WorkspacesParams } from "../../../scripts/steps/d1-workspaces/params.ts";
import {
  makeSwitchDns,
  type ListSourceChanges,
} from "../../../scripts/steps/d1-workspaces/switch-dns.ts";
import { FakeWorld } from "../../engine/fixtures/fake-world.ts";
import type { CallChoice } from "../../engine/fixtures/in-process.ts";

/** What answers at an address: a version's text, or nothing but a status. */
export type Answer = "v1" | "v2" | "nothing" | "500";

const texts: Readonly<Record<string, string>> = {
  v1: '{"ok":true,"version":"1.9"} <script src="/assets/index.js">',
  v2: '{"ok":true,"version":"2.0"} <script src="/_next/main.js">',
};

/** The stub of a step that comes before the cutover. */
const makeValidate = (): Step => ({
  name: "validate",
  does: "Compares.",
  changes: "nothing",
  interrupted: "run-again",
  run: async () => undefined,
  verify: async () => undefined,
});

/** A product in the middle of its cutover: addresses that answer, a clock, a wrangler that only writes down. */
export class CutoverWorld extends FakeWorld {
  readonly answers: Record<"/public" | "/v1" | "/v2", Answer> = {
    "/public": "v1",
    "/v1": "v1",
    "/v2": "v2",
  };
  now = new Date("2026-11-21T12:00:00Z");
  listChanges: ListSourceChanges | undefined;
  #server: Server | undefined;
  #origin = "";

  async open(): Promise<void> {
    this.#server = createServer((request, response) => {
      const answer = this.answers[request.url as "/v1"] ?? "nothing";
      if (answer === "nothing") request.socket.destroy();
      else if (answer === "500") response.writeHead(500).end();
      else response.end(texts[answer]);
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
    this.#origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  override remove(): void {
    this.#server?.close();
    super.remove();
  }

  /** The real probes, without their patience. */
  get gateWorld(): GateWorld {
    return {
      now: () => this.now,
      askProbe: (probe, signal) => askProbe(probe, signal, { timeout: 2_000 }),
      readUser: async () => "Ann Smith",
    };
  }

  /** A wrangler in the project that notes its calls, and says which version is deployed. */
  installWrangler(deployed: string | undefined): void {
    const folder = join(this.folder, "node_modules/wrangler");
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(this.folder, "v2/api"), { recursive: true });
    writeFileSync(join(this.folder, "v2/api/wrangler.toml"), 'name = "api"\n');
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ version: "4.99.0", bin: { wrangler: "wrangler.cjs" } }),
    );
    const status = JSON.stringify({ versions: [{ version_id: deployed, percentage: 100 }] });
    writeFileSync(
      join(folder, "wrangler.cjs"),
      `const fs = require("node:fs");
const words = process.argv.slice(2);
const token = process.env.CLOUDFLARE_API_TOKEN === "canary-token" ? "with the token" : "without";
fs.appendFileSync(${JSON.stringify(this.#log)}, JSON.stringify([...words, token]) + "\\n");
if (words[0] === "deployments") {
  if (${deployed === undefined}) { console.error("This Worker does not exist on your account."); process.exit(1); }
  console.log(${JSON.stringify(status)});
}
if (fs.existsSync(${JSON.stringify(join(this.folder, "deploy-fails"))}) && words[0] === "deploy") {
  console.error("Authentication error [code: 10000]"); process.exit(1);
}
`,
    );
    chmodSync(join(folder, "wrangler.cjs"), 0o755);
  }

  get #log(): string {
    return join(this.folder, "wrangler.log");
  }

  /** What wrangler was called with, without the words that every call has. */
  wranglerCalls(): string[] {
    if (!existsSync(this.#log)) return [];
    return readFileSync(this.#log, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as string[]).join(" ").replaceAll(this.folder, "."));
  }

  /** The cutover as a runbook of its own, in environment remote. */
  choice(more: CallChoice = {}, variables: Readonly<Record<string, string>> = {}): CallChoice {
    const world = this.gateWorld;
    return {
      environment: "remote",
      ...more,
      variables: {
        CLOUDFLARE_ACCOUNT_ID: "0123456789abcdef0123456789abcdef",
        CLOUDFLARE_API_TOKEN: "canary-token",
        V2_D1_NAME: "dataos-v2",
        V2_API_HEALTH_URL: `${this.#origin}/v2`,
        V2_WEB_URL: `${this.#origin}/v2`,
        V2_API_MARK: '"version":"2',
        V2_WEB_MARK: "/_next/",
        PUBLIC_WEB_URL: `${this.#origin}/public`,
        PUBLIC_API_HEALTH_URL: `${this.#origin}/public`,
        V1_WEB_URL: `${this.#origin}/v1`,
        V1_API_HEALTH_URL: `${this.#origin}/v1`,
        ...variables,
      },
      runbook: (runbook: Runbook): Runbook => ({
        ...runbook,
        environments: ["remote"],
        confirmed: [],
        params: [...d1WorkspacesParams, ...cutoverParams],
        steps: [
          makeValidate(),
          makeDeployApi(world),
          makeDeployWeb(world),
          makeInternalTest(world),
          makeSwitchDns(world, this.listChanges),
          makeKeepV1(world),
          makeCleanUp(world),
        ],
        identity: () => ({}),
        targetNames: () => ["dataos-v2"],
        lookAtTarget: async () => ({ sentence: "v2 holds the import", unsafe: false }),
      }),
    };
  }
}
