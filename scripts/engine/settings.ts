import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { cutAtHash, lintEnvFile, listAssignedLines, type KnownNames } from "./env-file.ts";
import type {
  EnvFileReading,
  EnvFileWarning,
  Param,
  ParamPlace,
  ParamReading,
  Settings,
} from "./param.ts";
import { redact, registerSecret } from "./redact.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- a list of params of different types
type AnyParam = Param<any>;
type Variables = Readonly<Record<string, string | undefined>>;

/** An env file: how it was read, and its variables. */
interface EnvFile {
  readonly reading: EnvFileReading;
  readonly variables: Variables;
  /** Variable → the line where it stands. */
  readonly lines: ReadonlyMap<string, number>;
}

/**
 * What a child process inherits: where programs, certificates and temporary files are, and the language. No
 * variable that could carry a secret or change what a tool connects to.
 */
const inherited =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|TMPDIR|TMP|TEMP|LD_LIBRARY_PATH|DYLD_[A-Z_]+|SSL_CERT_FILE|SSL_CERT_DIR|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES)$/i;

/** The environment for child processes; what a command needs beyond it is added by the command itself. */
export const childEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && inherited.test(name) ? [[name, value]] : [],
    ),
  );

/** A variable of the process environment that the engine itself needs (CI, NO_COLOR); undefined when empty. */
export const environmentVariable = (name: string): string | undefined =>
  process.env[name] || undefined;

/** The variables of an env file, as dotenv reads them. */
export const parseEnvFile = (content: string): Record<string, string> => parse(content);

/** Files of one environment → the variables that are read from each, and where all others belong. */
function listKnownNames(
  params: readonly AnyParam[],
  environment: string,
  file: string,
): KnownNames {
  const places = params.flatMap((param) => Object.entries(param.places));
  // The file of this environment is named rather than that of another one.
  const ordered = places.toSorted(
    ([a], [b]) => Number(a === environment) - Number(b === environment),
  );
  return {
    here: new Set(
      places.flatMap(([of, place]) =>
        of === environment && place.file === file ? [place.variable] : [],
      ),
    ),
    elsewhere: new Map(ordered.map(([, place]) => [place.variable, place.file])),
  };
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ENOENT";

function readEnvFile(folder: string, file: string, known: KnownNames): EnvFile {
  let content: string;
  try {
    content = readFileSync(join(folder, file), "utf8");
  } catch (cause) {
    if (isMissing(cause))
      return { reading: { file, exists: false, warnings: [] }, variables: {}, lines: new Map() };
    const warnings = [
      { file, line: 1, message: "the file cannot be read: look at its owner and permissions" },
    ];
    return { reading: { file, exists: true, warnings }, variables: {}, lines: new Map() };
  }
  const reading = { file, exists: true, warnings: lintEnvFile(file, content, known) };
  return { reading, variables: parseEnvFile(content), lines: listAssignedLines(content) };
}

/** Says why a raw value cannot be used, without the value; undefined value when it cannot. */
function parseValue(
  param: AnyParam,
  place: ParamPlace,
  raw: string,
): Pick<ParamReading, "value" | "error"> {
  if (param.secret && raw === param.example) {
    return {
      value: undefined,
      error: `still the text of ${place.file}.example: put your own value there`,
    };
  }
  try {
    return { value: param.parse(raw), error: undefined };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : "wrong value";
    const repeats = raw.length > 3 && message.includes(raw);
    return { value: undefined, error: repeats ? "wrong value" : redact(message) };
  }
}

/** An empty variable counts as missing: CI systems set a secret that does not exist to the empty text. */
const isSet = (value: string | undefined): value is string =>
  value !== undefined && value.trim() !== "";

function readParam(
  param: AnyParam,
  place: ParamPlace,
  process: Variables,
  file: Variables,
): ParamReading {
  const from = isSet(process[place.variable])
    ? "process"
    : isSet(file[place.variable])
      ? "file"
      : "missing";
  const raw = { process, file, missing: {} as Variables }[from][place.variable];
  if (raw === undefined) return { param, place, from, value: undefined, error: undefined };
  if (param.secret) registerSecret(raw);
  return { param, place, from, ...parseValue(param, place, raw) };
}

/**
 * A secret that was cut at a # is not tried: half of a password would be taken for a host, and shown as one.
 */
function refuseCut(reading: ParamReading, file: EnvFile | undefined): ParamReading {
  const { param, place, from } = reading;
  const line = file?.lines.get(place.variable);
  const isCut = file?.reading.warnings.some(
    (warning) => warning.line === line && warning.message === cutAtHash,
  );
  if (!param.secret || from !== "file" || isCut !== true) return reading;
  return { ...reading, value: undefined, error: `line ${line}: ${cutAtHash}` };
}

/** Both places hold a value, and not the same: the operator may look at the wrong one. */
function listHidden(
  readings: readonly ParamReading[],
  process: Variables,
  { reading, variables, lines }: EnvFile,
): EnvFileWarning[] {
  return readings
    .filter(
      ({ place, from }) =>
        place.file === reading.file && from === "process" && isSet(variables[place.variable]),
    )
    .filter(({ place }) => variables[place.variable] !== process[place.variable])
    .map(({ place }) => ({
      file: reading.file,
      line: lines.get(place.variable) ?? 1,
      message: `${place.variable} is also set in the process environment, to another value, and that one is used`,
    }));
}

/**
 * Reads all settings of one environment. The process environment wins over the env files and makes them optional.
 * Nothing is thrown: what is missing, wrong or suspicious stands in the result, so that all of it can be shown at once.
 * @param projectFolder folder of the env files, absolute
 */
export function readSettings(
  params: readonly AnyParam[],
  environment: string,
  projectFolder: string,
  processEnvironment: Variables = process.env,
): Settings {
  const placed = params.flatMap((param) => {
    const place = param.places[environment];
    return place === undefined ? [] : [{ param, place }];
  });
  const names = [...new Set(placed.map(({ place }) => place.file))];
  const files = names.map((file) =>
    readEnvFile(projectFolder, file, listKnownNames(params, environment, file)),
  );
  const readings = placed.map(({ param, place }) => {
    const file = files.find(({ reading }) => reading.file === place.file);
    return refuseCut(readParam(param, place, processEnvironment, file?.variables ?? {}), file);
  });
  return {
    environment,
    readings: new Map(readings.map((reading) => [reading.param.name, reading])),
    files: files.map((file) => {
      const hidden = listHidden(readings, processEnvironment, file);
      return { ...file.reading, warnings: [...file.reading.warnings, ...hidden] };
    }),
  };
}
