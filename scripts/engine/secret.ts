import { inspect } from "node:util";
import { registerSecret } from "./redact.ts";

/**
 * A value that must never be printed. It has no string form: interpolating it throws, inspecting and
 * serialising it show a placeholder, and every sink of the engine redacts its text from then on.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    registerSecret(value);
  }

  /** The value itself, for the one place that hands it to a file of mode 0600 or to a socket. */
  reveal(): string {
    return this.#value;
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError("a Secret has no string form; use reveal() where it is sent");
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}
