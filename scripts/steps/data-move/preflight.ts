import type { CheckResult, CheckSection } from "../../engine/check.ts";
import { noted } from "../../engine/check.ts";
import { failed } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { sourceUrl, targetUrl } from "./params.ts";
import { checkCharacters } from "./preflight/characters.ts";
import { checkDevMove } from "./preflight/dev-move.ts";
import { checkDirect } from "./preflight/direct.ts";
import { checkDisk } from "./preflight/disk.ts";
import { checkSchemaDump } from "./preflight/schema-dump.ts";
import { checkEventTriggers } from "./preflight/event-triggers.ts";
import { checkGit } from "./preflight/git.ts";
import { checkIdentity } from "./preflight/identity.ts";
import { describeSides, readIdentityBox } from "./preflight/identity-box.ts";
import { checkMigrations } from "./preflight/migrations.ts";
import { checkPreparedTransactions } from "./preflight/prepared-transactions.ts";
import { checkObjectNames } from "./preflight/object-names.ts";
import { checkPrivileges } from "./preflight/privileges.ts";
import {
  checkExtensions,
  checkWritable,
  judgeEncodings,
  judgeMoney,
  judgeSourceStandby,
  type BothFacts,
} from "./preflight/readiness.ts";
import { checkForecast, judgePlan } from "./preflight/schema.ts";
import { askSection, type ScopedSides, type Sides } from "./preflight/section.ts";
import { reachServer, type Reached } from "./preflight/servers.ts";
import { checkSettings } from "./preflight/settings.ts";
import { checkSnapshot } from "./preflight/snapshot.ts";
import { checkWidths } from "./preflight/width.ts";
import { checkEmptiness, checkLedger } from "./preflight/target-contents.ts";
import { resolvePrograms } from "./preflight/tools.ts";
import { readScope, type Scope } from "./scope.ts";

/** Sections, and what is printed under them when nothing is wrong. */
interface Findings {
  readonly sections: readonly CheckSection[];
  readonly box: readonly string[];
}

type Ask = () => Promise<readonly CheckResult[]> | readonly CheckResult[];

/** Asks sections one after the other: they share the sessions. */
async function askAll(
  context: StepContext,
  questions: readonly (readonly [heading: string, ask: Ask])[],
): Promise<CheckSection[]> {
  const sections: CheckSection[] = [];
  for (const [heading, ask] of questions) sections.push(await askSection(context, heading, ask));
  return sections;
}

const majorOf = (session: Database | undefined): number | undefined =>
  session === undefined ? undefined : Math.floor(session.version / 10_000);

async function checkTools(
  context: StepContext,
  source: Reached,
  target: Reached,
): Promise<readonly CheckResult[]> {
  const [first, second] = [majorOf(source.session), majorOf(target.session)];
  const { results } = await resolvePrograms(context, {
    ...(first === undefined ? {} : { source: first }),
    ...(second === undefined ? {} : { target: second }),
  });
  return results;
}

/** A section that only reads has something to say when it could not. */
const withAnswers = (section: CheckSection): CheckSection[] =>
  section.results.length === 0 ? [] : [section];

/** Sections that need to know what moves. */
async function checkScoped(sides: ScopedSides, facts: BothFacts): Promise<Findings> {
  const { context, source, target, scope } = sides;
  let filled: readonly CheckResult[] = [];
  const sections = await askAll(context, [
    ["Tables:", () => judgePlan(scope)],
    ["Privileges:", () => checkPrivileges(sides)],
    [
      "Formats:",
      async () => [
        ...judgeEncodings(facts),
        ...(await checkCharacters(sides, facts)),
        ...(await checkObjectNames(sides)),
        ...judgeMoney(scope),
        ...(await checkExtensions(source, target)),
      ],
    ],
    ["v1's rows in v2's schema:", () => checkForecast(sides)],
    ["Wide rows:", () => checkWidths(sides, facts)],
    ["Migrations of v2:", () => checkMigrations(context, scope.history)],
    [
      "v2 contents:",
      async () => [
        ...(filled = await checkEmptiness(sides)),
        ...(await checkPreparedTransactions(sides)),
      ],
    ],
    ["v2's schema:", () => checkSchemaDump(sides)],
    ["Disk space:", () => checkDisk(sides)],
    ...(context.environment === "prod"
      ? ([["Dev move:", () => checkDevMove(context, target)]] as const)
      : []),
  ]);
  const isEmpty = filled[0]?.outcome === "passed";
  let box: readonly string[] = [];
  const measuring = await askSection(context, "Sizes:", async () => {
    box = await readIdentityBox(sides, facts, isEmpty);
    return [];
  });
  return { sections: [...sections, ...withAnswers(measuring)], box };
}

/** Sections that need both databases. */
async function checkDatabases(sides: Sides, facts: BothFacts): Promise<Findings> {
  const { context, source, target } = sides;
  let scope: Scope | undefined;
  const sections = await askAll(context, [
    [
      "Direct connections:",
      async () => [
        ...(await checkDirect(context, "v1", source)),
        ...(await checkDirect(context, "v2", target)),
      ],
    ],
    ["Identity:", () => checkIdentity(sides)],
    [
      "Snapshot:",
      async () => [...judgeSourceStandby(facts.source), ...(await checkSnapshot(source))],
    ],
    [
      "Target:",
      async () => [
        ...(await checkWritable(target, facts.target)),
        ...(await checkLedger(context, target)),
        ...(await checkEventTriggers(target)),
      ],
    ],
  ]);
  const reading = await askSection(context, "Catalogues:", async () => {
    scope = await readScope(context, source, target);
    return [];
  });
  if (scope === undefined) return { sections: [...sections, reading], box: [] };
  const scoped = await checkScoped({ ...sides, scope }, facts);
  return { sections: [...sections, ...scoped.sections], box: scoped.box };
}

async function checkServers(context: StepContext): Promise<Findings> {
  context.screen.progress("checking: Servers");
  const [source, target] = await Promise.all([
    reachServer(context, "v1", sourceUrl),
    reachServer(context, "v2", targetUrl),
  ]);
  try {
    const first = [
      await askSection(context, "Tools:", () => checkTools(context, source, target)),
      { heading: "Servers:", results: [...source.results, ...target.results] },
    ];
    const sessions = [source.session, target.session, source.facts, target.facts] as const;
    const [from, into, fromFacts, intoFacts] = sessions;
    if (
      from === undefined ||
      into === undefined ||
      fromFacts === undefined ||
      intoFacts === undefined
    ) {
      const rest = noted("what needs both databases was not checked: both must answer first");
      return { sections: [...first, { heading: "Databases:", results: [rest] }], box: [] };
    }
    const facts = { source: fromFacts, target: intoFacts };
    const found = await checkDatabases({ context, source: from, target: into }, facts);
    return { sections: [...first, ...found.sections], box: found.box };
  } finally {
    await Promise.all([source.session?.close(), target.session?.close()]);
  }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

async function run(context: StepContext): Promise<void> {
  const { screen } = context;
  const environment = capital(context.environment);
  screen.heading(`Preflight: v1 ${environment} Snapshot → v2 ${environment} Data Migration`);
  screen.line();
  const git = await askSection(context, "Git checks:", () => checkGit(context));
  const settings = checkSettings(context.settings);
  const { sections, box } = await checkServers(context);
  screen.settle();
  context.refuseOnProblems("preflight", [git, ...settings, ...sections]);
  for (const line of box) screen.line(line);
  screen.event("identity", describeSides(context.setting(sourceUrl), context.setting(targetUrl)));
  screen.line();
  screen.rule();
  screen.good("All preflight checks PASSED");
  screen.rule();
}

/** Everything that can be known before the first change is looked at here, and all problems are told at once. */
export const preflight: Step = {
  name: "preflight",
  does: "Checks git, settings, tools, servers, both schemas and v1's rows, and refuses with one list of all problems.",
  changes: "nothing",
  rehearsed: true,
  interrupted: "run-again",
  run,
  verify: async (context) => {
    if (context.recall("programs") === undefined || context.recall("identity") === undefined)
      throw failed("preflight did not come to its end");
  },
};
