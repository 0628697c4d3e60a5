import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import {
  cutMessage,
  describeMessage,
  isAnswered,
  readBackend,
  readProgram,
  type FrontendMessage,
  type Program,
} from "./wire.ts";

/** A message that went through, or would have. */
export interface Seen {
  readonly program: Program;
  readonly type: string;
  /** The statement, on one line. */
  readonly text: string;
}

/** An exact moment: the k-th message of a program (from 1) since the proxy was armed, over all its connections. */
export interface Point {
  readonly program: Program;
  readonly k: number;
  /** before: the server never sees the message in time; after: the server has done the work, its answer is withheld. */
  readonly when: "before" | "after";
}

/** The connection at which it happens. */
export interface Hit extends Seen {
  /** The server process. */
  readonly backend: number | undefined;
  /** Ends this connection on both sides, as a network that is gone does. */
  readonly cut: () => void;
}

type Hook = (hit: Hit) => void | Promise<void>;

/** One client and its server. */
class Wire {
  program: Program = "other";
  backend: number | undefined;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #take: (wire: Wire, message: FrontendMessage) => void | Promise<void>;
  #buffer: Buffer = Buffer.alloc(0);
  #isStarted = false;
  #isBusy = false;
  #hasEnded = false;
  #held: Buffer[] | undefined;
  #heard: () => void = () => undefined;

  constructor(client: Socket, server: Socket, take: Wire["take"]) {
    this.#client = client;
    this.#server = server;
    this.#take = take;
    client.setNoDelay(true).on("data", (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      void this.#pump();
    });
    client.on("end", () => {
      this.#hasEnded = true;
      void this.#pump();
    });
    server.setNoDelay(true).on("data", (chunk: Buffer) => this.#answer(chunk));
    server.on("end", () => client.end());
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const)
      one
        .on("error", () => other.destroy())
        .on("close", () => {
          this.#heard();
          if (one === client) server.destroy();
        });
  }

  get take(): (wire: Wire, message: FrontendMessage) => void | Promise<void> {
    return this.#take;
  }

  #answer(chunk: Buffer): void {
    this.backend ??= readBackend(chunk);
    if (this.#held === undefined) this.#client.write(chunk);
    else this.#held.push(chunk);
    this.#heard();
  }

  async #pump(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (;;) {
      const message = cutMessage(this.#buffer, this.#isStarted);
      if (message === undefined) break;
      this.#buffer = this.#buffer.subarray(message.bytes.length);
      await this.#pass(message);
    }
    this.#isBusy = false;
    if (this.#hasEnded) this.#server.end();
  }

  async #pass(message: FrontendMessage): Promise<void> {
    // no encryption: a fault in the middle of it could not be placed
    if (message.type === "encryption") this.#client.write("N");
    else if (message.type === "cancel") this.#server.write(message.bytes);
    else {
      if (message.type === "startup") {
        this.#isStarted = true;
        this.program = readProgram(message.bytes);
      }
      await this.#take(this, message);
    }
  }

  forward({ bytes }: FrontendMessage): void {
    if (!this.#server.destroyed) this.#server.write(bytes);
  }

  /** Forwards, waits until the server has answered, and withholds what it says until `then` is done. */
  async forwardAndHold(message: FrontendMessage, then: () => void | Promise<void>): Promise<void> {
    this.#held = [];
    const heard = new Promise<void>((resolve) => {
      this.#heard = resolve;
    });
    this.forward(message);
    if (isAnswered(message.type) && !this.#server.destroyed) await heard;
    await then();
    const held = this.#held;
    this.#held = undefined;
    for (const chunk of held) if (!this.#client.destroyed) this.#client.write(chunk);
  }

  cut(): void {
    for (const socket of [this.#client, this.#server])
      if (!socket.destroyed) socket.resetAndDestroy();
  }
}

/** A TCP proxy before one server that counts the clients' messages and does something at one of them. */
export class FaultProxy {
  readonly #listener: Server;
  readonly #wires = new Set<Wire>();
  readonly #counts = new Map<Program, number>();
  #seen: Seen[] = [];
  #armed: { readonly point: Point; readonly hook: Hook } | undefined;
  #reached: Hit | undefined;
  /** New connections are reset: the network is gone. */
  isDown = false;

  private constructor(listener: Server, server: { readonly host: string; readonly port: number }) {
    this.#listener = listener;
    listener.on("connection", (client: Socket) => this.#accept(client, server));
  }

  static async start(server: {
    readonly host: string;
    readonly port: number;
  }): Promise<FaultProxy> {
    const listener = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(listener, "listening");
    return new FaultProxy(listener, server);
  }

  get port(): number {
    const address = this.#listener.address();
    if (address === null || typeof address === "string") throw new TypeError("a TCP socket");
    return address.port;
  }

  #accept(client: Socket, { host, port }: { readonly host: string; readonly port: number }): void {
    client.on("error", () => undefined);
    if (this.isDown) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host, port, allowHalfOpen: true });
    const wire = new Wire(client, server, (from, message) => this.#take(from, message));
    this.#wires.add(wire);
    client.on("close", () => this.#wires.delete(wire));
  }

  async #take(wire: Wire, message: FrontendMessage): Promise<void> {
    const seen = { program: wire.program, type: message.type, text: describeMessage(message) };
    this.#seen.push(seen);
    const count = (this.#counts.get(wire.program) ?? 0) + 1;
    this.#counts.set(wire.program, count);
    const armed = this.#armed;
    if (armed?.point.program !== wire.program || armed.point.k !== count) {
      wire.forward(message);
      return;
    }
    this.#armed = undefined;
    const hit: Hit = { ...seen, backend: wire.backend, cut: () => wire.cut() };
    const happen = async (): Promise<void> => {
      this.#reached = hit;
      await armed.hook(hit);
    };
    if (armed.point.when === "after") {
      await wire.forwardAndHold(message, happen);
    } else {
      await happen();
      wire.forward(message);
    }
  }

  /** Begins to count anew, and does that at the point. */
  arm(point: Point, hook: Hook): void {
    this.clear();
    this.#armed = { point, hook };
  }

  /** Forgets what was seen and what was to be done. */
  clear(): void {
    this.#armed = undefined;
    this.#reached = undefined;
    this.#seen = [];
    this.#counts.clear();
  }

  /** What went through since it was armed or cleared. */
  get seen(): readonly Seen[] {
    return this.#seen;
  }

  /** The message at which it happened; undefined when it was not reached. */
  get reached(): Hit | undefined {
    return this.#reached;
  }

  /** Resets every connection. */
  cutAll(): void {
    for (const wire of this.#wires) wire.cut();
  }

  async stop(): Promise<void> {
    this.cutAll();
    this.#listener.close();
    await once(this.#listener, "close");
  }
}
