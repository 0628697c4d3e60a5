import type { Part } from "../../engine/command.ts";
import type { StepContext } from "../../engine/step.ts";
import { parseCopyHeader, readDumpRow, type DumpSection } from "../../postgres/dump-file.ts";
import { readManifest } from "../../postgres/dump-manifest.ts";
import { parseCopyContext, type CopyPlace, type ServerError } from "../../postgres/errors.ts";
import { displayName, type QualifiedName } from "../../postgres/identifier.ts";
import { dumpFiles } from "./dump-files.ts";

/** The load at which an import stopped. */
export interface Stop {
  readonly section: DumpSection;
  /** The table of v2 that the rows went into. */
  readonly into: QualifiedName;
  /** Where in it; undefined when the COPY had not begun to read. */
  readonly place: CopyPlace | undefined;
}

/**
 * The load that was under way; undefined when the server refused another part of the import.
 * @param serverContext the CONTEXT of its error
 */
export function findStop(
  context: StepContext,
  part: Part | undefined,
  serverContext: string | undefined,
): Stop | undefined {
  const [first, second] = part?.input ?? [];
  if (first === undefined || !("text" in first) || second === undefined || !("file" in second))
    return undefined;
  const { sections } = readManifest(dumpFiles(context).manifest);
  const section = sections.find(({ start, end }) => start === second.start && end === second.end);
  if (section === undefined) return undefined;
  // the load's search_path is set before it
  const header = first.text.slice(first.text.indexOf("\ncopy ") + 1).replace(/^copy /u, "COPY ");
  const { table, columns } = parseCopyHeader(header);
  const place = parseCopyContext(serverContext, { table: table.name, columns });
  return { section, into: table, place };
}

/** The row of the dump at which it stopped, for the report. */
export async function findDumpRow(context: StepContext, stop: Stop | undefined): Promise<string[]> {
  if (stop?.place === undefined) return [];
  const { section, place } = stop;
  const row = await readDumpRow(dumpFiles(context).dump, section, place.line).catch(
    () => undefined,
  );
  return row === undefined ? [] : [`line ${section.line + place.line - 1} of the dump: ${row}`];
}

/** `row 3 of the 120 that go into Animal was refused (line 311 of the dump)`; undefined when no row was at fault. */
export function describeRow(stop: Stop | undefined): string | undefined {
  if (stop?.place === undefined) return undefined;
  const { section, place } = stop;
  const rows = section.rows.toLocaleString("en-US");
  return `row ${place.line.toLocaleString("en-US")} of ${rows} that go into ${displayName(stop.into)} was refused (line ${section.line + place.line - 1} of the dump)`;
}

/** The fields that the server leaves out of a COPY's error stand in its context, and in what we sent. */
export function locate(error: ServerError, stop: Stop | undefined): ServerError {
  if (stop === undefined || error.table !== undefined) return error;
  const column = stop.place?.column ?? error.column;
  return {
    ...error,
    schema: stop.into.schema,
    table: stop.into.name,
    ...(column === undefined ? {} : { column }),
  };
}

/** ` while it loaded Animal`, ` in "Step 3/4: Restore FK constraints"`, or nothing. */
export function describeStop(part: Part | undefined, stop: Stop | undefined): string {
  if (stop !== undefined) return ` while it loaded ${displayName(stop.into)}`;
  const title = part?.title?.replace(/ \(.*$/su, "");
  return title === undefined ? "" : ` in "${title}"`;
}
