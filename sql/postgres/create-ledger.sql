-- Where does a move write down, in the target itself, what it did there and how to go on or back from another machine?
do $movebook$
begin
  -- not "if not exists": that asks for CREATE on the database even when the schema is there
  if pg_catalog.to_regnamespace('movebook') is null then
    create schema movebook;
    comment on schema movebook is 'Ledger of a data move by movebook: what was dropped and must be restored. Do not drop while foreign_keys has rows without restored_at.';
  elsif pg_catalog.to_regclass('movebook.ledger') is null and pg_catalog.to_regclass('movebook.runs') is null
    and (pg_catalog.to_regclass('movebook.foreign_keys') is not null or pg_catalog.to_regclass('movebook.imports') is not null) then
    raise exception using errcode = 'object_not_in_prerequisite_state',
      message = 'the ledger in schema movebook has layout 1 of an earlier movebook';
  end if;
end $movebook$;
create table if not exists movebook.ledger (
  layout pg_catalog.int4 primary key,
  movebook pg_catalog.text not null
);
create table if not exists movebook.runs (
  run pg_catalog.text primary key,
  environment pg_catalog.text not null,
  operator pg_catalog.text not null,
  movebook pg_catalog.text not null,
  phase pg_catalog.text not null check (phase in ('keys-dropped', 'loaded', 'finishing', 'undoing')),
  journal pg_catalog.text not null,
  files pg_catalog.jsonb not null,
  began_at pg_catalog.timestamptz not null default pg_catalog.now(),
  changed_at pg_catalog.timestamptz not null default pg_catalog.now()
);
create table if not exists movebook.foreign_keys (
  id pg_catalog.int8 generated always as identity primary key,
  run pg_catalog.text not null,
  schema_name pg_catalog.text not null,
  table_name pg_catalog.text not null,
  constraint_name pg_catalog.text not null,
  definition pg_catalog.text not null,
  validated pg_catalog.bool not null,
  comment pg_catalog.text,
  table_kind pg_catalog.text not null,
  referenced_kind pg_catalog.text not null,
  copies pg_catalog.jsonb not null default '[]',
  dropped_at pg_catalog.timestamptz not null default pg_catalog.now(),
  restored_at pg_catalog.timestamptz
);
create unique index if not exists foreign_keys_unrestored
  on movebook.foreign_keys (schema_name, table_name, constraint_name) where restored_at is null;
create table if not exists movebook.imports (
  run pg_catalog.text primary key,
  environment pg_catalog.text not null,
  dump_sha256 pg_catalog.text not null,
  table_count pg_catalog.int4 not null,
  row_count pg_catalog.int8 not null,
  tables pg_catalog.jsonb not null,
  replaced pg_catalog.bool not null,
  imported_at pg_catalog.timestamptz not null default pg_catalog.now()
);
