import { noted, type CheckResult, type CheckSection } from "../../engine/check.ts";
import { failed, Failure } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { sizeOf } from "../../engine/wording.ts";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import { sourceAddress, targetAddress } from "./addresses.ts";
import { readContents, type Contents } from "./contents.ts";
import { withSource, withTarget } from "./databases.ts";
import { readDecisionsFile } from "./decisions-file.ts";
import { proposeDecisions } from "./decisions-proposal.ts";
import { migrationsFolder } from "./params.ts";
import { checkDecisions } from "./preflight-decisions.ts";
import { checkGit } from "./preflight-git.ts";
import { askSection } from "./preflight-section.ts";
import { checkSettings, judgeSides } from "./preflight-settings.ts";
import { judgeSize, judgeSource, readSize } from "./preflight-source.ts";
import { checkStateFolders } from "./preflight-state.ts";
import { below, judgeColumns, judgeEmptiness, judgeTarget } from "./preflight-target.ts";
import { checkAccount, checkWrangler } from "./preflight-wrangler.ts";
import { checkLedger } from "./preflight-ledger.ts";

/** One side: what it answered, and what is said of that. */
interface Answered {
  readonly contents: Contents | undefined;
  readonly section: CheckSection;
}

/** Asks one database; what it does not answer becomes a check that could not run. */
async function askDatabase(
  context: StepContext,
  side: "v1" | "v2",
  open: (context: StepContext) => D1Database,
): Promise<Answered> {
  let contents: Contents | undefined;
  const section = await askSection(context, `${side}:`, async () => {
    contents = await readContents(open(context));
    return [];
  });
  return { contents, section };
}

async function checkSource(context: StepContext, source: Answered): Promise<CheckSection[]> {
  if (source.contents === undefined) return [source.section];
  const { contents } = source;
  return [
    await askSection(context, "v1:", () => judgeSource(contents)),
    await askSection(context, "Export of v1:", async () => {
      const address = sourceAddress(context);
      const bytes = await readSize(context, address);
      if (bytes !== undefined) context.screen.event("size", { bytes, text: sizeOf(bytes) });
      return judgeSize(address.place, bytes);
    }),
  ];
}

async function checkTarget(context: StepContext, target: Answered): Promise<CheckSection[]> {
  if (target.contents === undefined) return [target.section];
  const { contents } = target;
  const folder = context.optionalSetting(migrationsFolder);
  const path = folder === undefined ? undefined : below(context.projectFolder, folder);
  return [
    await askSection(context, "v2:", () => judgeTarget(contents, path)),
    await askSection(context, "v2 contents:", async () => {
      const ledger = await checkLedger(context, contents);
      // rows of a move that has begun are the ledger's to explain
      return ledger.length > 0 ? ledger : judgeEmptiness(contents);
    }),
  ];
}

/** What both schemas say together. */
async function checkBoth(
  context: StepContext,
  source: Contents | undefined,
  target: Contents | undefined,
): Promise<CheckSection[]> {
  const heading = "v1's tables and columns in v2's schema:";
  if (source === undefined || target === undefined) {
    const rest: CheckResult = noted("not compared: both databases must answer first");
    return [{ heading, results: [rest] }];
  }
  return [
    await askSection(context, heading, async () => {
      const { results, columns } = await checkDecisions(context, source, target);
      return [...results, ...judgeColumns(columns)];
    }),
  ];
}

/** Sections that need both settings; asked side by side, because every call of wrangler takes a second. */
async function checkDatabases(context: StepContext): Promise<CheckSection[]> {
  const [account, source, target] = await Promise.all([
    askSection(context, "Account:", () => checkAccount(context)),
    askDatabase(context, "v1", withSource),
    askDatabase(context, "v2", withTarget),
  ]);
  return [
    ...(account.results.length === 0 ? [] : [account]),
    ...(await checkSource(context, source)),
    ...(await checkTarget(context, target)),
    ...(await checkBoth(context, source.contents, target.contents)),
  ];
}

const isUsable = (section: CheckSection): boolean =>
  section.results.every(({ outcome }) => outcome !== "problem" && outcome !== "not-run");

async function checkAll(context: StepContext): Promise<CheckSection[]> {
  const settings = await askSection(context, "Settings:", () => checkSettings(context.settings));
  const git = await askSection(context, "Git:", () => checkGit(context));
  const wrangler = await askSection(context, "wrangler:", () => checkWrangler(context));
  const first = [git, settings, wrangler];
  const settled = isUsable({ ...settings, results: settings.results.filter(isNoTwin(context)) });
  if (!settled || !isUsable(wrangler))
    return [
      ...first,
      {
        heading: "Databases:",
        results: [noted("not asked: the settings and wrangler come first")],
      },
    ];
  const state = await askSection(context, "State folders:", () => checkStateFolders(context));
  const rest = isUsable(state) ? await checkDatabases(context) : [];
  return [...first, ...(state.results.length === 0 ? [] : [state]), ...rest];
}

/** That both sides are one database keeps nobody from asking it: all problems stand in one list. */
function isNoTwin(context: StepContext): (result: CheckResult) => boolean {
  const twins = new Set(judgeSides(context.settings).map(({ text }) => text));
  return ({ text }) => !twins.has(text);
}

/** A decisions file that cannot be read is a problem of its own in the list. */
function addProposal(
  context: StepContext,
  sections: readonly CheckSection[],
): readonly CheckSection[] {
  try {
    return proposeDecisions(context, sections, readDecisionsFile(context));
  } catch (error) {
    if (error instanceof Failure) return sections;
    throw error;
  }
}

async function run(context: StepContext): Promise<void> {
  const { screen } = context;
  screen.heading(`Preflight: v1 → v2 with workspaces (${context.environment} D1)`);
  screen.line();
  screen.progress("asking both databases");
  const sections = await checkAll(context);
  screen.settle();
  context.refuseOnProblems("preflight", addProposal(context, sections));
  const [source, target] = [sourceAddress(context), targetAddress(context)];
  screen.line(`  v1  ${source.name} (${source.id}), ${source.place}: read only`);
  screen.line(`  v2  ${target.name} (${target.id}), ${target.place}: empty, will be filled`);
  context.remember("preflight", { passed: true });
  screen.rule();
  screen.good("All preflight checks PASSED");
  screen.rule();
}

/** Everything that can be known before the export is looked at here, and all problems are told at once. */
export const preflight: Step = {
  name: "preflight",
  does: "Checks settings, wrangler, login, both databases, v2's schema and emptiness, and what has no home in v2; one list of all problems.",
  changes: "nothing",
  rehearsed: true,
  interrupted: "run-again",
  run,
  verify: async (context) => {
    if (context.recall("preflight") === undefined)
      throw failed("preflight did not come to its end");
  },
};
