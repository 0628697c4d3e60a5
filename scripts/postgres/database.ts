import pg from "pg";
import { failed } from "../engine/failure.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";
import { readSql } from "./sql-file.ts";
import { pinSession, type SessionRole } from "./session.ts";

/** A row as text values: nothing is converted, so nothing is rounded. */
export type Row = Record<string, unknown>;
