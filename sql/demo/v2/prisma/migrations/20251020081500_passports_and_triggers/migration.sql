-- AlterTable
alter table "Animal" add column "passportNumber" text;
alter table "Invoice" add column "reminders" integer not null default 0;

-- CreateTable
create table "WaitlistNote" (
  "id" bigint generated always as identity primary key,
  "entryId" integer not null references "WaitlistEntry" ("id") on update cascade on delete cascade,
  "authorId" text references "User" ("id") on update cascade on delete set null,
  "body" text not null,
  "createdAt" timestamp(3) not null default current_timestamp
);

-- CreatePartition
create table "ActivityLog_2024_05" partition of "ActivityLog" for values from ('2024-05-01') to ('2024-06-01');

-- AddCheck: one function calls the other by its bare name, so it needs the schema in search_path
create function currency_pattern() returns text immutable language sql as $$ select '^[A-Z]{3}$' $$;
create function is_currency(code text) returns boolean immutable language plpgsql as $$
begin
  return code ~ currency_pattern();
end $$;
alter table "Invoice" add constraint "Invoice_currency_check" check (is_currency("currency"));

-- Triggers: moments are set on insert too; the audit of invoices may not be switched off by replication
drop trigger "Party_touch" on "Party";
drop trigger "Animal_touch" on "Animal";
drop trigger "Invoice_touch" on "Invoice";
create trigger "Party_touch" before insert or update on "Party" for each row execute function touch_updated_at();
create trigger "Contact_touch" before insert or update on "Contact" for each row execute function touch_updated_at();
create trigger "Animal_touch" before insert or update on "Animal" for each row execute function touch_updated_at();
create trigger "Invoice_touch" before insert or update on "Invoice" for each row execute function touch_updated_at();
create trigger "Expense_touch" before insert or update on "Expense" for each row execute function touch_updated_at();
alter table "Invoice" enable always trigger "Invoice_audit";
alter table "Contact" enable replica trigger "Contact_touch";
alter table "Expense" disable trigger "Expense_touch";

-- On the parent, and so on every partition; March is switched off alone
create function set_received_at() returns trigger language plpgsql as $$
begin
  new."receivedAt" := now();
  return new;
end $$;
create trigger "ActivityLog_received" before insert on "ActivityLog" for each row execute function set_received_at();
alter table only "ActivityLog_2024_03" disable trigger "ActivityLog_received";
