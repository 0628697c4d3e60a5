import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "../../scripts/engine/command.ts";
import { executeCommand } from "../../scripts/engine/shell.ts";
import { openDatabase, type D1Database } from "../../scripts/cloudflare/d1-database.ts";
import type { DatabaseAddress, LocalAddress } from "../../scripts/cloudflare/database-address.ts";
import type { Execute } from "../../scripts/cloudflare/run-wrangler.ts";
import { findOwnWrangler, type Wrangler } from "../../scripts/cloudflare/wrangler.ts";

/** The wrangler of this package. */
export function ownWrangler(): Wrangler {
  const wrangler = findOwnWrangler();
  if (wrangler === undefined) throw new Error("wrangler is a devDependency and is not installed");
  return wrangler;
}

/** A temporary folder with a state folder of wrangler and a run folder, and the databases in it. */
export class LocalD1 {
  readonly folder = mkdtempSync(join(tmpdir(), "movebook-d1-"));
  readonly stateFolder = join(this.folder, "state");
  readonly runFolder = mkdtempSync(join(this.folder, "run-"));
  /** Every command that was executed. */
  readonly commands: Command[] = [];
  /** The title of every question that was asked. */
  readonly questions: string[] = [];
  readonly controller = new AbortController();

  readonly execute: Execute = (command, redirects) => {
    this.commands.push(command);
    return executeCommand(command, this.runFolder, this.controller.signal, redirects);
  };

  address(name: string, id = `id-of-${name}`): LocalAddress {
    return { place: "local", name, id, stateFolder: this.stateFolder };
  }

  open(address: DatabaseAddress | string, readOnly = false): D1Database {
    const database = openDatabase({
      wrangler: ownWrangler(),
      address: typeof address === "string" ? this.address(address) : address,
      execute: this.execute,
      folder: this.runFolder,
      readOnly,
    });
    const query: D1Database["query"] = (sql, title) => {
      this.questions.push(title);
      return database.query(sql, title);
    };
    return { ...database, query };
  }

  /** Creates a database from SQL. */
  async create(name: string, sql: string): Promise<D1Database> {
    const database = this.open(name);
    const file = join(this.folder, `${name}.sql`);
    writeFileSync(file, sql);
    await database.executeFile(file, `Create ${name}`);
    return database;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

export const catchError = (running: Promise<unknown>): Promise<Error> =>
  running.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error as Error,
  );
