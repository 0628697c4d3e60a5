import {
  noted,
  passed,
  problem,
  warned,
  type CheckResult,
  type CheckSection,
} from "../../../engine/check.ts";
import type { EnvFileReading, ParamReading, Settings } from "../../../engine/param.ts";
import type { Endpoint } from "../../../postgres/endpoint.ts";
import { pooledUrl, sourceUrl, targetUrl } from "../params.ts";

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `DATABASE_DIRECT_URL (v2 dev)`: the same variable stands in the files of both environments. */
const label = ({ param, place }: ParamReading, environment: string): string =>
  param.name === sourceUrl.name ? place.variable : `${place.variable} (v2 ${environment})`;

function judgeFile(file: EnvFileReading, readings: readonly ParamReading[]): CheckResult[] {
  const warnings = file.warnings.map(({ line, message }) =>
    warned(`${file.file}:${line}: ${message}`),
  );
  if (file.exists) return [passed(`File exists: ${file.file}`), ...warnings];
  const required = readings.filter(({ param }) => param.required);
  if (required.every(({ from }) => from === "process"))
    return [
      noted(
        `${file.file} is not there and not needed: ${required.map(({ place }) => place.variable).join(", ")} is in the process environment`,
      ),
    ];
  return [
    problem(`File is missing: ${file.file}`, {
      todo: `cp ${file.file}.example ${file.file}, then set ${required.map(({ place }) => place.variable).join(", ")} in it.`,
    }),
  ];
}

function judgeReading(reading: ParamReading, environment: string): CheckResult[] {
  const { param, place, from, error } = reading;
  const name = label(reading, environment);
  const where = from === "process" ? "process environment" : place.file;
  if (error !== undefined)
    return [problem(`${name} cannot be used: ${error}`, { where, todo: `Mend it in ${where}.` })];
  if (from !== "missing")
    return [passed(`${name} is set${from === "process" ? " (process environment)" : ""}`)];
  if (param.required)
    return [
      problem(`${name} is not set`, {
        where: place.file,
        todo: `Set it in ${place.file} or in the environment: ${param.meaning}`,
      }),
    ];
  return param.name === pooledUrl.name
    ? [noted(`${name} is not set: the pooled connection is not compared`)]
    : [];
}

/** Neon's pooled host is the direct one with -pooler at the end of its first label. */
const withoutPooler = (host: string): string => host.replace(/^([^.]*?)-pooler(?=\.|$)/i, "$1");

/** Supabase's poolers are shared: the project stands in the user's name. */
function isSupabaseOf(direct: Endpoint, pooled: Endpoint): boolean {
  const project = /^db\.([a-z0-9]+)\.supabase\.co$/i.exec(direct.host)?.[1];
  return project !== undefined && pooled.user.endsWith(`.${project}`);
}

/** The pooled URL is the application's; it must lead to the database that the move fills. */
export function comparePooled(direct: Endpoint, pooled: Endpoint): CheckResult[] {
  const differences = [
    ...(withoutPooler(pooled.host) === withoutPooler(direct.host) || isSupabaseOf(direct, pooled)
      ? []
      : [`host: ${pooled.host}, direct ${direct.host}`]),
    ...(pooled.database === direct.database
      ? []
      : [`database: ${pooled.database}, direct ${direct.database}`]),
  ];
  if (differences.length === 0) return [];
  return [
    warned("the pooled and the direct URL of v2 do not name the same database", {
      details: differences,
      todo: "Look whether the application will see what is moved: the move goes to the direct one.",
    }),
  ];
}

const valueOf = (settings: Settings, name: string): Endpoint | undefined =>
  settings.readings.get(name)?.value as Endpoint | undefined;

/** The env files and variables, a section for each side, in the seed's form. */
export function checkSettings(settings: Settings): CheckSection[] {
  const readings = [...settings.readings.values()];
  const sourceFile = settings.readings.get(sourceUrl.name)?.place.file;
  const build = (heading: string, files: readonly EnvFileReading[]): CheckSection => ({
    heading,
    results: files.flatMap((file) => {
      const own = readings.filter(({ place }) => place.file === file.file);
      return [
        ...judgeFile(file, own),
        ...own.flatMap((reading) => judgeReading(reading, settings.environment)),
      ];
    }),
  });
  const [direct, pooled] = [valueOf(settings, targetUrl.name), valueOf(settings, pooledUrl.name)];
  const target = build(
    `v2 ${capital(settings.environment)} configuration:`,
    settings.files.filter(({ file }) => file !== sourceFile),
  );
  const compared =
    direct === undefined || pooled === undefined ? [] : comparePooled(direct, pooled);
  return [
    build(
      "v1 Snapshot configuration:",
      settings.files.filter(({ file }) => file === sourceFile),
    ),
    { ...target, results: [...target.results, ...compared] },
  ];
}
