import type { Secret } from "../engine/secret.ts";

/** A D1 database in a state folder of wrangler on this machine. */
export interface LocalAddress {
  readonly place: "local";
  readonly name: string;
  readonly id: string;
  /** The folder that wrangler calls `.wrangler/state`; absolute. */
  readonly stateFolder: string;
}

/** How to reach an account at Cloudflare. */
export interface Account {
  readonly accountId: string;
  /** Undefined: the login of `wrangler login`, below HOME, is used. */
  readonly apiToken?: Secret | undefined;
  /** Another address of Cloudflare's API; undefined: the public one. */
  readonly apiBaseUrl?: string | undefined;
}

/** A D1 database at Cloudflare. */
export interface RemoteAddress extends Account {
  readonly place: "remote";
  readonly name: string;
  readonly id: string;
}

export type DatabaseAddress = LocalAddress | RemoteAddress;

/** `shop-v1 (local)`, for messages. */
export const describeAddress = ({ name, place }: DatabaseAddress): string => `${name} (${place})`;
