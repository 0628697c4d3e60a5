import type { Database } from "./database.ts";
import { askRules } from "./forecast/ask-rules.ts";
import { listRules, type ForecastFacts } from "./forecast/list-rules.ts";
import type { Finding } from "./forecast/rule.ts";

export type { ForecastFacts } from "./forecast/list-rules.ts";
export type { Finding, FindingKind, Severity } from "./forecast/rule.ts";

/**
 * Tests v1's data against v2's rules. Reads v1 only, in a read-only transaction of its own: the session must not be
 * in a transaction. `sample` of a finding asks v1 again, so call it while the session is open.
 * @throws the server's error when the connection fails; a question that v1 cannot answer becomes a finding
 */
export const forecast = (source: Database, facts: ForecastFacts): Promise<Finding[]> =>
  askRules(source, listRules(facts, source.version));
