import type { StepContext } from "../../engine/step.ts";
import { withDatabase, type Database } from "../../postgres/database.ts";
import { lockWait } from "../../postgres/lock-wait.ts";
import { sourceUrl, targetUrl } from "./params.ts";

/** Seen by others in pg_stat_activity. */
export const applicationName = (context: StepContext): string =>
  `movebook ${context.runbook} ${context.environment} ${context.runId}`;

/** A session on v1, read-only by force. */
export const withSource = <T>(
  context: StepContext,
  work: (source: Database) => Promise<T>,
): Promise<T> =>
  withDatabase(
    context.setting(sourceUrl),
    {
      readOnly: true,
      applicationName: applicationName(context),
      lockTimeout: lockWait,
      signal: context.signal,
    },
    work,
  );

/** A session on v2. `readOnly` unless the step says that it writes. */
export const withTarget = <T>(
  context: StepContext,
  work: (target: Database) => Promise<T>,
  use: { readonly readOnly: boolean } = { readOnly: true },
): Promise<T> =>
  withDatabase(
    context.setting(targetUrl),
    {
      readOnly: use.readOnly,
      applicationName: applicationName(context),
      lockTimeout: lockWait,
      signal: context.signal,
    },
    work,
  );

/** Sessions on both. */
export const withBoth = <T>(
  context: StepContext,
  work: (source: Database, target: Database) => Promise<T>,
): Promise<T> =>
  withSource(context, (source) => withTarget(context, (target) => work(source, target)));
