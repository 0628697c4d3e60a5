import type { ForecastCase } from "./case.ts";
import { constraints } from "./constraint-cases.ts";
import { foreignKeys } from "./foreign-key-cases.ts";
import { structure } from "./structure-cases.ts";
import { types } from "./type-cases.ts";

export const preludes = {
  v1: `create extension citext; create schema "two words"; create type "Mood" as enum ('GOOD', 'BAD', 'it''s'); create type more as enum ('a', 'b');
    create domain word as text check (value <> '')`,
  v2: `create schema "two words"; create type "Mood" as enum ('GOOD'); create type more as enum ('b', 'a', 'c');
    create extension citext; create extension btree_gist; create type span as range (subtype = int);
    create domain word as text check (value <> '');
    create domain strict_word as word not null check (length(value) < 4) default 'VALUE'`,
};

export const leaveOut = ["left_column.old"];

export const cases: readonly ForecastCase[] = [
  ...structure,
  ...types,
  ...constraints,
  ...foreignKeys,
];
