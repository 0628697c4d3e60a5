import { noted, passed, problem, warned, type CheckResult } from "../../engine/check.ts";
import type { EnvFileReading, ParamReading, Settings } from "../../engine/param.ts";
import { readQuietly } from "./addresses.ts";
import {
  defaultStateFolder,
  sourceId,
  sourceName,
  sourceStateFolder,
  targetId,
  targetName,
  targetStateFolder,
} from "./params.ts";

function judgeFile(file: EnvFileReading, readings: readonly ParamReading[]): CheckResult[] {
  const warnings = file.warnings.map(({ line, message }) =>
    warned(`${file.file}:${line}: ${message}`),
  );
  if (file.exists) return [passed(`File exists: ${file.file}`), ...warnings];
  const required = readings.filter(({ param }) => param.required);
  const names = required.map(({ place }) => place.variable).join(", ");
  if (required.every(({ from }) => from === "process"))
    return [
      noted(`${file.file} is not there and not needed: ${names} are in the process environment`),
    ];
  return [
    problem(`File is missing: ${file.file}`, {
      todo: `cp ${file.file}.example ${file.file}, then set ${names} in it.`,
    }),
  ];
}

function judgeReading({ param, place, from, error, value }: ParamReading): CheckResult[] {
  const where = from === "process" ? "process environment" : place.file;
  const origin = from === "process" ? " (process environment)" : "";
  if (error !== undefined)
    return [
      problem(`${place.variable} cannot be used: ${error}`, {
        where,
        todo: `Mend it in ${where}.`,
      }),
    ];
  if (from !== "missing")
    return [
      passed(
        param.secret
          ? `${place.variable} is set${origin}`
          : `${place.variable}: ${String(value)}${origin}`,
      ),
    ];
  if (!param.required) return [];
  return [
    problem(`${place.variable} is not set`, {
      where: place.file,
      todo: `Set it in ${place.file} or in the environment: ${param.meaning}`,
    }),
  ];
}

/** Both configurations of a product are often copies: one database on both sides would be read and filled at once. */
export function judgeSides(settings: Settings): CheckResult[] {
  const [oneId, otherId] = [readQuietly(settings, sourceId), readQuietly(settings, targetId)];
  const [one, other] = [readQuietly(settings, sourceName), readQuietly(settings, targetName)];
  const folders = [sourceStateFolder, targetStateFolder].map(
    (param) => readQuietly(settings, param) ?? defaultStateFolder,
  );
  const todo =
    "Look into both configurations of wrangler: v2 needs a database of its own (wrangler d1 create).";
  if (oneId !== undefined && oneId === otherId)
    return [
      problem("v1 and v2 are the same database: V1_D1_ID and V2_D1_ID are equal", {
        details: [`both are ${oneId}`],
        todo,
      }),
    ];
  const isOnePlace = settings.environment === "remote" || folders[0] === folders[1];
  if (one !== undefined && one === other && isOnePlace)
    return [
      problem(`v1 and v2 have the same name, ${one}, in the same place, and two ids`, {
        details: ["wrangler takes a database by its name: it could be the other one"],
        todo,
      }),
    ];
  return [];
}

/** The env file and its variables; what may not be the same on both sides. */
export function checkSettings(settings: Settings): CheckResult[] {
  const readings = [...settings.readings.values()];
  return [
    ...settings.files.flatMap((file) => [
      ...judgeFile(
        file,
        readings.filter(({ place }) => place.file === file.file),
      ),
      ...readings.filter(({ place }) => place.file === file.file).flatMap(judgeReading),
    ]),
    ...judgeSides(settings),
  ];
}
