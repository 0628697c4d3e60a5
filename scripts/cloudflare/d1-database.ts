import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync } from "node:fs";
import { z } from "zod";
import type { Command } from "../engine/command.ts";
import { failed, refused } from "../engine/failure.ts";
import {
  buildBookmarkCommand,
  buildExportCommand,
  buildFileCommand,
  buildQueryCommand,
  buildRestoreCommand,
  type D1Call,
} from "./d1-commands.ts";
import { describeAddress, type DatabaseAddress } from "./database-address.ts";
import { refuseMissingDatabase } from "./local-file.ts";
import { askLocal, closeLocal } from "./local-sessions.ts";
import { batchStatements, joinStatements } from "./query-batches.ts";
import { isReading } from "./reading-sql.ts";
import { runWrangler, type Execute } from "./run-wrangler.ts";
import { writeMarker } from "./state-folder.ts";
import { writeConfig } from "./wrangler-config.ts";
import { explainOutput } from "./wrangler-errors.ts";
import { parseJsonOutput, parseResults, type StatementResult } from "./wrangler-output.ts";
import type { Wrangler } from "./wrangler.ts";

/** A row as JSON gives it: integers beyond 2^53, NUL and blobs are not exact. What must be, is asked for by hex(). */
export type Row = Readonly<Record<string, unknown>>;

/** A D1 database, reached through wrangler. */
export interface D1Database {
  readonly name: string;
  readonly id: string;
  readonly place: "local" | "remote";
  /**
   * Asks one or more questions, in as few calls as fit. One list of rows a statement, in their order.
   * A name may stand only once among the columns of a statement.
   * @param sql one statement each
   */
  readonly query: (
    sql: string | readonly string[],
    title: string,
  ) => Promise<readonly (readonly Row[])[]>;
  /** Writes a dump; the file is there when it is whole, mode 0600. Remotely v1 answers nobody meanwhile. */
  readonly exportTo: (file: string, what?: "all" | "schema") => Promise<void>;
  /** Executes a file of SQL. That it was executed is known only when it was read back. */
  readonly executeFile: (file: string, title: string) => Promise<void>;
  /** The present bookmark of Time Travel. @throws Failure on a local database: there is none */
  readonly bookmark: () => Promise<string>;
  /** Puts the database back to a bookmark. @throws Failure on a local database */
  readonly restore: (bookmark: string) => Promise<void>;
}

export interface OpenOptions {
  readonly wrangler: Wrangler;
  readonly address: DatabaseAddress;
  readonly execute: Execute;
  /** The run folder, absolute, mode 0700. */
  readonly folder: string;
  /** True: only statements that read are sent, nothing is executed or restored, and nothing is created. */
  readonly readOnly: boolean;
}

const bookmarkSchema = z.object({ bookmark: z.string().min(1) });

class WranglerDatabase implements D1Database {
  readonly name: string;
  readonly id: string;
  readonly place: "local" | "remote";
  readonly #call: D1Call;
  readonly #execute: Execute;
  readonly #readOnly: boolean;

  constructor({ wrangler, address, execute, folder, readOnly }: OpenOptions) {
    this.name = address.name;
    this.id = address.id;
    this.place = address.place;
    this.#call = { wrangler, address, folder };
    this.#execute = execute;
    this.#readOnly = readOnly;
    writeConfig(address, folder);
  }

  /** One call. Wrangler opens the state folder, whatever it is asked: its version is noted there. */
  async #run(command: Command): Promise<string[]> {
    const { address, wrangler } = this.#call;
    if (address.place === "local") await closeLocal(address);
    const lines = await runWrangler(this.#execute, command, this.#where);
    if (address.place === "local") writeMarker(address.stateFolder, wrangler.version);
    return lines;
  }

  get #where(): string {
    return describeAddress(this.#call.address);
  }

  query = async (
    sql: string | readonly string[],
    title: string,
  ): Promise<readonly (readonly Row[])[]> => {
    const statements = typeof sql === "string" ? [sql] : sql;
    if (this.#readOnly && !statements.every(isReading))
      throw new Error(`${this.name} is only read, and a statement of "${title}" could write`);
    if (statements.length === 0) return [];
    const answers: (readonly Row[])[] = [];
    const batches = this.place === "local" ? [statements] : batchStatements(statements);
    for (const batch of batches) {
      const results = await this.#ask(batch, title);
      if (results.length !== batch.length)
        throw failed(`${this.name} gave ${results.length} answers to ${batch.length} statements`, [
          { what: `wrangler answered "${title}" otherwise than asked`, where: this.#where },
        ]);
      answers.push(...results.map(({ results: rows }) => rows ?? []));
    }
    return answers;
  };

  async #ask(statements: readonly string[], title: string): Promise<readonly StatementResult[]> {
    const { address, wrangler } = this.#call;
    if (address.place === "remote")
      return this.#results(buildQueryCommand(this.#call, joinStatements(statements), title));
    const answer = await askLocal(this.#execute, wrangler, address, statements);
    writeMarker(address.stateFolder, wrangler.version);
    if ("results" in answer) return answer.results.map((results) => ({ results, success: true }));
    const lines = [JSON.stringify({ error: { text: answer.error } })];
    throw explainOutput({ title, where: this.#where, lines, stderr: "" });
  }

  async #results(command: Command): Promise<readonly StatementResult[]> {
    const lines = await this.#run(command);
    const results = parseResults(parseJsonOutput(lines));
    if (results === undefined || results.some(({ success }) => !success))
      throw explainOutput({ title: command.title, where: this.#where, lines, stderr: "" });
    return results;
  }

  exportTo = async (file: string, what: "all" | "schema" = "all"): Promise<void> => {
    const unfinished = `${file}.part`;
    rmSync(unfinished, { force: true });
    // made before, so that it is never readable for others
    closeSync(openSync(unfinished, "wx", 0o600));
    try {
      const command = buildExportCommand(this.#call, unfinished, what);
      const lines = await this.#run(command);
      if (!existsSync(unfinished) || !lines.some((line) => /^Done!|successfully!/.test(line)))
        throw explainOutput({ title: command.title, where: this.#where, lines, stderr: "" });
      chmodSync(unfinished, 0o600);
      renameSync(unfinished, file);
    } finally {
      rmSync(unfinished, { force: true });
    }
  };

  executeFile = async (file: string, title: string): Promise<void> => {
    this.#refuseToWrite(title);
    const results = await this.#results(buildFileCommand(this.#call, file, title));
    if (results.length === 0)
      throw failed(`wrangler executed nothing of ${file}`, [{ what: title, where: this.#where }]);
  };

  bookmark = async (): Promise<string> => {
    this.#refuseLocal();
    const command = buildBookmarkCommand(this.#call);
    const lines = await this.#run(command);
    const answer = bookmarkSchema.safeParse(parseJsonOutput(lines));
    if (!answer.success)
      throw explainOutput({ title: command.title, where: this.#where, lines, stderr: "" });
    return answer.data.bookmark;
  };

  restore = async (bookmark: string): Promise<void> => {
    this.#refuseToWrite("restore");
    this.#refuseLocal();
    const command = buildRestoreCommand(this.#call, bookmark);
    const lines = await this.#run(command);
    if (!bookmarkSchema.safeParse(parseJsonOutput(lines)).success)
      throw explainOutput({ title: command.title, where: this.#where, lines, stderr: "" });
  };

  #refuseToWrite(title: string): void {
    if (this.#readOnly) throw new Error(`${this.name} is only read, and "${title}" would write`);
  }

  #refuseLocal(): void {
    if (this.place === "remote") return;
    throw refused("Time Travel is remote only", [
      {
        what: "a local D1 database has no bookmarks",
        where: this.#where,
        todo: "Copy the state folder before the import, or empty the tables.",
      },
    ]);
  }
}

/**
 * A database for the calls of one run. Writes wrangler's configuration for it into the run folder; asks nothing yet.
 * @throws Failure (exit 3) when it is only read, local, and not there: wrangler would create it
 */
export function openDatabase(options: OpenOptions): D1Database {
  if (options.readOnly && options.address.place === "local") refuseMissingDatabase(options.address);
  return new WranglerDatabase(options);
}
