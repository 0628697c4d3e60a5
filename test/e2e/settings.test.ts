import { afterAll, beforeAll, expect, test } from "vitest";
import { makeMove, startPair, type Pair } from "./support/move.ts";

/* Roles and databases may carry settings that would end a move or change values without an error. */

let pair: Pair;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());

const hostile = [
  "statement_timeout = '50ms'",
  "lock_timeout = '10ms'",
  "idle_in_transaction_session_timeout = '50ms'",
  "default_transaction_read_only = on",
  "default_transaction_isolation = serializable",
  "default_transaction_deferrable = on",
  "synchronous_commit = off",
  "DateStyle = 'SQL, DMY'",
  "IntervalStyle = sql_standard",
  "TimeZone = 'Asia/Kathmandu'",
  "bytea_output = escape",
  "extra_float_digits = -10",
  "standard_conforming_strings = off",
  "quote_all_identifiers = on",
  "array_nulls = off",
  "transform_null_equals = on",
  "xmloption = document",
  "client_encoding = latin1",
  "client_min_messages = debug5",
];

test("hostile settings of the roles on both sides change nothing in a move", async () => {
  const move = await makeMove(pair);
  const { v1Owner, v2Owner } = pair.template;
  for (const setting of hostile) {
    await pair.v1.psql(
      "postgres",
      `alter role "${v1Owner}" in database "${move.v1Database}" set ${setting}`,
    );
    await pair.v2.psql(
      "postgres",
      `alter role "${v2Owner}" in database "${move.v2Database}" set ${setting}`,
    );
  }
  const ended = await move.movebook(["run", "data-move", "--env", "dev"]);
  expect(ended.output).toContain("RESULT: PASS");
  expect(ended.code).toBe(0);
  move.remove();
});
