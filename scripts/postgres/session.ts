/**
 * Settings that every session of ours sets for itself, because roles, databases and the machine's locale may
 * carry others: timeouts would end a long load, TimeZone and DateStyle would change values without an error,
 * row_security would leave rows out in silence.
 */
const pins: readonly (readonly [name: string, value: string])[] = [
  ["client_encoding", "UTF8"],
  ["TimeZone", "UTC"],
  ["DateStyle", "ISO, YMD"],
  ["IntervalStyle", "postgres"],
  ["extra_float_digits", "3"],
  ["bytea_output", "hex"],
  ["lc_monetary", "C"],
  ["xmloption", "content"],
  ["standard_conforming_strings", "on"],
  // off reads an unquoted NULL in an array as the text 'NULL'
  ["array_nulls", "on"],
  ["transform_null_equals", "off"],
  ["default_transaction_isolation", "read committed"],
  ["default_transaction_deferrable", "off"],
  ["quote_all_identifiers", "off"],
  ["row_security", "off"],
  ["statement_timeout", "0"],
  ["idle_in_transaction_session_timeout", "0"],
  ["client_min_messages", "error"],
];

/** Settings that only some server versions know; a plain SET of an unknown one would be an error. */
const optionalPins: readonly (readonly [name: string, value: string])[] = [
  ["transaction_timeout", "0"],
  ["idle_session_timeout", "0"],
];

/** How a session is used. */
export interface SessionUse {
  /** Refuse every write (v1 is never written to). */
  readonly readOnly: boolean;
  /** Milliseconds to wait for a lock; 0 waits for ever. */
  readonly lockTimeout?: number;
}

/**
 * The statements that pin a session, to be sent before anything else. They leave search_path as they found it: the
 * catalogue is read under an empty one, a load runs under the target's own.
 */
export function buildSessionPins(use: SessionUse): string {
  const settings = [...pins, ["lock_timeout", String(use.lockTimeout ?? 0)] as const];
  const lines = settings.map(([name, value]) => `set ${name} = '${value}';`);
  // the blocks below compare: the role's own path may lead to other operators
  lines.push("set search_path to '';");
  lines.push(`set default_transaction_read_only = ${use.readOnly ? "on" : "off"};`);
  const names = optionalPins.map(([name]) => `'${name}'`).join(", ");
  // do, not select: a psql script must not print rows
  lines.push(
    `do $pin$ begin perform pg_catalog.set_config(name, '0', false) from pg_catalog.pg_settings where name in (${names}); end $pin$;`,
    // off tells of a commit before it is on the disk; stronger ones than on are kept
    "do $pin$ begin if pg_catalog.current_setting('synchronous_commit') = 'off' then perform pg_catalog.set_config('synchronous_commit', 'on', false); end if; end $pin$;",
    "set search_path to default;",
  );
  return lines.join("\n");
}

/**
 * The pins that must hold from the first message of a connection, as the libpq `options` parameter; merged with
 * the options of the URL (Neon's `endpoint=…`). For programs whose session we cannot send statements to (pg_dump).
 */
export function buildStartupOptions(use: SessionUse, fromUrl: string | undefined): string {
  const ours = [
    `-c default_transaction_read_only=${use.readOnly ? "on" : "off"}`,
    "-c statement_timeout=0",
    "-c idle_in_transaction_session_timeout=0",
    "-c TimeZone=UTC",
    "-c lc_monetary=C",
  ];
  return [...(fromUrl === undefined ? [] : [fromUrl]), ...ours].join(" ");
}
