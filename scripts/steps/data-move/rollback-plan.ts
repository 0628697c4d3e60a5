import type { Part } from "../../engine/command.ts";
import { countOf } from "../../engine/wording.ts";
import type { ForeignKey } from "../../postgres/catalogue.ts";
import type { LookedAt } from "../../postgres/filled-tables.ts";
import { quoteLiteral, quoteName } from "../../postgres/identifier.ts";
import { buildRunCheck } from "../../postgres/ledger-run.ts";
import { buildLedger } from "../../postgres/ledger.ts";
import {
  buildBegin,
  buildBrokenKeysEnd,
  buildConstraintsCheck,
  buildDrops,
  buildLoadLines,
  buildRestore,
  buildStructureLook,
  emptySearchPath,
  PartMaker,
  type Load,
} from "../../postgres/load-parts.ts";
import { buildLooks, type Look } from "../../postgres/rollback-contents.ts";
import { buildEmptying, buildExclusiveLock } from "../../postgres/rollback-parts.ts";
import type { SequenceSetting } from "../../postgres/sequences.ts";
import { structureQuestions } from "../../postgres/structure.ts";
import { buildSilence, buildUnsilence, type Trigger } from "../../postgres/triggers.ts";
import { runEntryPlace } from "./run-entry.ts";

/** Everything that taking an import back sends. */
export interface TakingBack {
  readonly run: string;
  /** Locked against everybody. */
  readonly locked: readonly LookedAt[];
  /** What must hold under the lock; otherwise nothing is changed. */
  readonly looks: readonly Look[];
  readonly emptied: readonly LookedAt[];
  /** Dropped before and added again after. */
  readonly keys: readonly ForeignKey[];
  readonly triggers: readonly Trigger[];
  /** Plain dump with the rows of the rollback point; "" when there is none. */
  readonly file: string;
  readonly loads: readonly Load[];
  /** SQL that makes tables again which were dropped: before their rows, and after. */
  readonly made: { readonly before: string; readonly after: string };
  /** Sequences that are made again with them. */
  readonly sequences: readonly SequenceSetting[];
}

const buildSetval = ({ state, ...name }: SequenceSetting): string =>
  `do $movebook$ begin perform pg_catalog.setval(${quoteLiteral(quoteName(name))}::pg_catalog.regclass, ${state.last}, ${state.called}); end $movebook$;`;

// what is made again is no change of the structure: it is made before the first look, and completed after the second
function buildOpening(maker: PartMaker, facts: TakingBack): Part[] {
  return [
    maker.make([
      ...buildBegin(),
      ...buildExclusiveLock(facts.locked),
      ...buildLooks(facts.looks),
      ...(facts.made.before === "" ? [] : [facts.made.before, emptySearchPath]),
      ...buildStructureLook(structureQuestions),
    ]),
    maker.make(
      [
        ...buildSilence(facts.triggers),
        ...buildDrops(facts.keys),
        ...buildEmptying(facts.emptied),
        "set local lock_timeout = 0;",
      ],
      `Step 1/3: Empty what the import filled (${countOf(facts.emptied.length, "table")})`,
    ),
  ];
}

function buildClosing(maker: PartMaker, facts: TakingBack): Part[] {
  return [
    maker.make(
      buildUnsilence(facts.triggers),
      `Step 3/3: Restore FK constraints (${facts.keys.length})`,
    ),
    ...facts.keys.map((key) => maker.make([emptySearchPath, ...buildRestore(key)])),
    maker.make([...buildBrokenKeysEnd(), ...buildStructureLook(structureQuestions)]),
    ...(facts.made.after === "" ? [] : [maker.make([facts.made.after, emptySearchPath])]),
    maker.make([
      ...facts.sequences.map(buildSetval),
      buildLedger(),
      runEntryPlace,
      buildRunCheck({ run: facts.run, phase: "undoing" }),
      `delete from movebook.imports where run = ${quoteLiteral(facts.run)};`,
    ]),
    maker.make(["commit;"]),
  ];
}

/** An import is taken back as one transaction: v2 as it was before it, or as it is now; COMMIT goes last. */
export function buildTakingBack(facts: TakingBack): Part[] {
  const maker = new PartMaker();
  const rows = facts.loads.reduce((sum, { section }) => sum + section.rows, 0);
  return [
    ...buildOpening(maker, facts),
    maker.make([], `Step 2/3: Bring back the rows of the rollback point (${countOf(rows, "row")})`),
    ...facts.loads.map((load) => maker.make(buildLoadLines(load, facts.file))),
    maker.make(buildConstraintsCheck()),
    ...buildClosing(maker, facts),
  ];
}
