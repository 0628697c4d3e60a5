import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { explainNetworkError } from "../../scripts/engine/network-error.ts";
import {
  askProbe,
  parseProbeUrl,
  type Probe,
  type ProbeTiming,
} from "../../scripts/engine/probe.ts";

const servers: { close: () => void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

const serve = async (listener: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listen(createServer(listener))}/api/health`;

const never = new AbortController().signal;
const ask = (url: string, more: Partial<Probe> = {}, timing: Partial<ProbeTiming> = {}) =>
  askProbe({ title: "v2's API", url, ...more }, never, { timeout: 2_000, pause: 10, ...timing });

describe("a probe that holds", () => {
  test("says who answered where, without the query", async () => {
    const url = await serve((_, answer) => answer.end("ok"));
    const { holds, sentence } = await ask(`${url}?token=canary`);
    expect(holds).toBe(true);
    expect(sentence).toBe(`v2's API answers at ${url}`);
  });

  test("wants status, text and header as they are expected", async () => {
    const url = await serve((_, answer) =>
      answer.writeHead(401, { "x-version": "2.0.1" }).end('{"version":2}'),
    );
    const header = { name: "X-Version", text: "2." };
    expect((await ask(url, { status: 401, text: '"version":2', header })).holds).toBe(true);
  });

  test("asks again until the deadline, each time over a connection of its own", async () => {
    const sockets = new Set<Socket>();
    const codes = [500, 503, 200];
    const url = await serve((request, answer) => {
      sockets.add(request.socket);
      answer.writeHead(codes.shift() ?? 200).end("body");
    });
    expect((await ask(url, { text: "body" }, { deadline: 5_000 })).holds).toBe(true);
    expect(sockets.size).toBe(3);
  });

  test("reads no more than the first megabyte of an answer without end", async () => {
    const url = await serve((_, answer) => {
      const more = (): void => {
        while (answer.write("x".repeat(65_536)));
        answer.once("drain", more);
      };
      answer.write("v2");
      more();
    });
    expect((await ask(url, { text: "v2" })).holds).toBe(true);
    expect((await ask(url, { text: "v3" })).sentence).toContain('does not hold "v3"');
  });

  test("may expect a redirect", async () => {
    const url = await serve((_, answer) => answer.writeHead(307, { location: "/login" }).end());
    expect((await ask(url, { status: 307 })).holds).toBe(true);
  });
});

describe("a probe that does not hold", () => {
  test.each<[string, number, Record<string, string>, string, Partial<Probe>, string]>([
    ["another status", 500, {}, "", {}, "status 500 instead of 200"],
    ["another text", 200, {}, "v1", { text: "v2" }, 'its answer does not hold "v2"'],
    ["a text of another one", 200, {}, "v1", { withoutText: "v1" }, 'its answer holds "v1"'],
    ["no header", 200, {}, "", { header: { name: "x-v", text: "2" } }, "has no header x-v"],
    [
      "another header",
      200,
      { "x-v": "1" },
      "",
      { header: { name: "x-v", text: "2" } },
      "header x-v",
    ],
  ])("tells %s", async (_name, status, headers, body, probe, text) => {
    const url = await serve((_, answer) => answer.writeHead(status, headers).end(body));
    const { holds, sentence } = await ask(url, probe);
    expect(holds).toBe(false);
    expect(sentence).toContain(`v2's API, ${url}: `);
    expect(sentence).toContain(text);
  });

  test("follows no redirect to a login page, and shows it without its query", async () => {
    const url = await serve((request, answer) => {
      if (request.url === "/login") answer.end("v2");
      else answer.writeHead(302, { location: "/login?state=canary" }).end();
    });
    const { holds, sentence } = await ask(url, { text: "v2" });
    expect(holds).toBe(false);
    expect(sentence).toMatch(/redirect \(302\) to http:\/\/127.0.0.1:\d+\/login, which is not/);
  });

  test("does not wait for a slow server longer than the time for one question", async () => {
    const url = await serve((_, answer) => {
      answer.write("begins");
    });
    const { sentence } = await ask(url, { text: "v2" }, { timeout: 200 });
    expect(sentence).toContain("did not answer within 0.2 seconds");
  });

  test("says how often it asked", async () => {
    const url = await serve((_, answer) => answer.writeHead(500).end());
    const { sentence } = await ask(url, {}, { deadline: 55, pause: 20 });
    expect(sentence).toMatch(/status 500 instead of 200 \(asked [23] times\)/);
  });

  test("tells a refused connection", async () => {
    const port = await listen(createServer());
    servers.splice(0).forEach((server) => server.close());
    const { sentence } = await ask(`http://127.0.0.1:${port}`);
    expect(sentence).toContain(`nothing listens at 127.0.0.1:${port}`);
  });

  test("tells a connection that ends without an answer", async () => {
    const port = await listen(createTcpServer((socket) => socket.destroy()));
    const { sentence } = await ask(`http://127.0.0.1:${port}`);
    expect(sentence).toContain("ended the connection without an answer");
  });

  test("tells a server that speaks no TLS", async () => {
    const url = await serve((_, answer) => answer.end());
    const { sentence } = await ask(url.replace("http:", "https:"));
    expect(sentence).toMatch(/TLS/);
  });

  test("tells a name that is not there", async () => {
    const { holds, sentence } = await ask("http://api-v2.invalid/");
    expect(holds).toBe(false);
    expect(sentence).toMatch(/DNS (knows no|did not answer for) api-v2\.invalid/);
  });

  test("tells a certificate that nobody has signed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "movebook-tls-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const words = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1".split(" ");
    execFileSync("openssl", [...words, "-keyout", key, "-out", cert], { stdio: "ignore" });
    const files = { key: readFileSync(key), cert: readFileSync(cert) };
    const port = await listen(createTlsServer(files, (_, answer) => void answer.end()));
    rmSync(folder, { recursive: true });
    const { holds, sentence, todo } = await ask(`https://127.0.0.1:${port}`);
    expect(holds).toBe(false);
    expect(sentence).toContain("its certificate is signed by itself");
    expect(todo).toContain("certificate");
  });

  test.each([
    ["CERT_HAS_EXPIRED", "has expired"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "for another name"],
    ["UND_ERR_CONNECT_TIMEOUT", "it does not answer"],
    ["EHOSTUNREACH", "there is no way to"],
    ["ERR_SSL_SOMETHING", "TLS failed (ERR_SSL_SOMETHING)"],
    ["EODD", "it could not be asked: EODD"],
  ])("has a sentence for %s", (code, text) => {
    const cause = Object.assign(new Error("low"), { code });
    const error = new TypeError("fetch failed", { cause: new AggregateError([cause]) });
    expect(explainNetworkError(error, new URL("https://dataos.app")).sentence).toContain(text);
  });
});

test("Ctrl-C ends the waiting at once, with its own reason", async () => {
  const url = await serve((_, answer) => answer.writeHead(500).end());
  const controller = new AbortController();
  const reason = new Error("cancelled");
  setTimeout(() => controller.abort(reason), 50);
  const timing = { deadline: 60_000, pause: 30_000 };
  await expect(askProbe({ title: "x", url }, controller.signal, timing)).rejects.toBe(reason);
});

describe("an address in the settings", () => {
  test("is taken as it is", () => {
    expect(parseProbeUrl(" https://api-v2.dataos.app/api/health ")).toBe(
      "https://api-v2.dataos.app/api/health",
    );
  });

  test.each(["dataos.app", "ftp://dataos.app", "https://ann:pass@dataos.app", ""])(
    "is refused: %s",
    (raw) => expect(() => parseProbeUrl(raw)).toThrow(/address/),
  );
});
