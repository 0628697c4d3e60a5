import { setTimeout as sleep } from "node:timers/promises";
import { explainNetworkError } from "./network-error.ts";

/** A question over HTTP: does this address answer, and is it who it should be? */
export interface Probe {
  /** Who is asked, as in a sentence: "v2's API". */
  readonly title: string;
  /** http or https, without user and password. */
  readonly url: string;
  /** The status that is expected; 200 when left out. A redirect is followed by nobody. */
  readonly status?: number;
  /** Stands in the first megabyte of the body: the mark that only the right one has. */
  readonly text?: string;
  /** Must not stand there: the mark of another one. */
  readonly withoutText?: string;
  /** A header, and what stands in its value. */
  readonly header?: { readonly name: string; readonly text: string };
}

export interface ProbeTiming {
  /** For one request from the first byte to the last, in milliseconds. */
  readonly timeout: number;
  /** Asks again until then, in milliseconds from the first question; 0: asks once. */
  readonly deadline: number;
  /** Between two questions, in milliseconds. */
  readonly pause: number;
}

export const defaultTiming: ProbeTiming = { timeout: 10_000, deadline: 0, pause: 5_000 };

/** What came back: a sentence without anything of the body. */
export interface ProbeAnswer {
  readonly holds: boolean;
  readonly sentence: string;
  /** When it does not hold: what to look at. */
  readonly todo?: string;
}

const readLimit = 1 << 20;

/** An address without what may be secret in it: no user, no query, no fragment. */
export function showUrl(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname === "/" ? "" : pathname}`;
}

/** The first megabyte of a body, as text. */
async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    bytes += chunk.length;
    if (bytes >= readLimit) break;
  }
  return text + decoder.decode();
}

function explainRedirect(response: Response, url: string): ProbeAnswer {
  const location = response.headers.get("location") ?? "";
  const to = URL.canParse(location, url) ? showUrl(new URL(location, url)) : "nowhere";
  return {
    holds: false,
    sentence: `it answers with a redirect (${response.status}) to ${to}, which is not followed`,
    todo: "Name the address that answers itself; a login page in front of it tells nothing about what is behind.",
  };
}

function judgeStatus(probe: Probe, response: Response): ProbeAnswer | undefined {
  const wanted = probe.status ?? 200;
  if (response.status === wanted) return undefined;
  if (response.status >= 300 && response.status < 400) return explainRedirect(response, probe.url);
  return {
    holds: false,
    sentence: `it answers with status ${response.status} instead of ${wanted}`,
  };
}

function judgeHeader({ header }: Probe, response: Response): ProbeAnswer | undefined {
  if (header === undefined) return undefined;
  const value = response.headers.get(header.name);
  if (value?.includes(header.text) === true) return undefined;
  const sentence =
    value === null
      ? `its answer has no header ${header.name}`
      : `its header ${header.name} does not hold ${JSON.stringify(header.text)}`;
  return { holds: false, sentence };
}

function judgeBody({ text, withoutText }: Probe, body: string): ProbeAnswer | undefined {
  if (text !== undefined && !body.includes(text))
    return { holds: false, sentence: `its answer does not hold ${JSON.stringify(text)}` };
  if (withoutText !== undefined && body.includes(withoutText))
    return { holds: false, sentence: `its answer holds ${JSON.stringify(withoutText)}` };
  return undefined;
}

async function ask(probe: Probe, signal: AbortSignal): Promise<ProbeAnswer> {
  const response = await fetch(probe.url, {
    redirect: "manual",
    signal,
    // a connection that stays open would go on to the old server after a change of DNS
    headers: { "user-agent": "movebook", "cache-control": "no-cache", connection: "close" },
  });
  try {
    const wrong = judgeStatus(probe, response) ?? judgeHeader(probe, response);
    if (wrong !== undefined) return wrong;
    const isRead = probe.text !== undefined || probe.withoutText !== undefined;
    const answer = isRead ? judgeBody(probe, await readStart(response)) : undefined;
    return answer ?? { holds: true, sentence: `${probe.title} answers at ${showUrl(probe.url)}` };
  } finally {
    await response.body?.cancel().catch(() => undefined);
  }
}

/** Asks once. @throws the signal's reason when it is aborted */
async function askOnce(probe: Probe, timeout: number, signal: AbortSignal): Promise<ProbeAnswer> {
  const late = AbortSignal.timeout(timeout);
  try {
    return await ask(probe, AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted)
      return { holds: false, sentence: `it did not answer within ${timeout / 1_000} seconds` };
    return { holds: false, ...explainNetworkError(error, new URL(probe.url)) };
  }
}

/**
 * Asks an address until it answers as it should, or the deadline is over. Sends nothing but a GET, follows no
 * redirect, keeps no connection. A second probe of the same address knows nothing of the first one.
 * @throws the signal's reason when it is aborted
 */
export async function askProbe(
  probe: Probe,
  signal: AbortSignal,
  timing: Partial<ProbeTiming> = {},
): Promise<ProbeAnswer> {
  const { timeout, deadline, pause } = { ...defaultTiming, ...timing };
  const end = performance.now() + deadline;
  for (let times = 1; ; times += 1) {
    const answer = await askOnce(probe, timeout, signal);
    if (answer.holds) return answer;
    if (performance.now() + pause > end) {
      const tries = times === 1 ? "" : ` (asked ${times} times)`;
      const sentence = `${probe.title}, ${showUrl(probe.url)}: ${answer.sentence}${tries}`;
      return { ...answer, sentence };
    }
    await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** @throws Error for a setting's parser: not http or https, or with a user or password in it */
export function parseProbeUrl(raw: string): string {
  const text = raw.trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    throw new Error("not an address that begins with https:// or http://");
  if (url.username !== "" || url.password !== "")
    throw new Error("an address with a user or password in it: it is asked without");
  return url.href;
}
