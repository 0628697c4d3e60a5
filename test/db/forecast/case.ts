/** One difference between v1 and v2, what the forecast says of it, and what COPY really does. */
export interface ForecastCase {
  readonly says: string;
  readonly table: string;
  readonly v1: string;
  readonly v2: string;
  /** kind, severity and count of each finding about the table, in order. */
  readonly expected: readonly string[];
  /** A part of a finding's line. */
  readonly text?: string;
  /** SQLSTATE of the COPY into v2, `changed` or `same`; undefined: nothing to copy. */
  readonly fate?: string;
}
