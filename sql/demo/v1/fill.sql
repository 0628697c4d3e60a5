-- Which rows does v1 of the demo hold? The same at every run; the setting demo.scale (1 gives some 600,000) says how many.
-- Rows of one tenant point to rows of the same tenant: row i of any table belongs to tenant 1 + (i - 1) % tenants.

create temporary table size as
with scale as (select current_setting('demo.scale')::numeric as s),
tenant as (select greatest(3, round(40 * s))::integer as tenants, s from scale)
select tenants,
  tenants * 10 as users,
  -- Per tenant a multiple of four, at least eight: every fourth party is an organization, females have even places.
  tenants * 4 * greatest(2, round(60000 * s / tenants / 4))::integer as parties,
  tenants * 4 * greatest(2, round(6000 * s / tenants / 4))::integer as plans,
  tenants * 4 * greatest(2, round(12000 * s / tenants / 4))::integer as groups,
  tenants * 4 * greatest(4, round(90000 * s / tenants / 4))::integer as animals,
  tenants * 4 * greatest(4, round(85000 * s / tenants / 4))::integer as owners,
  tenants * 4 * greatest(2, round(50000 * s / tenants / 4))::integer as offspring,
  tenants * 4 * greatest(2, round(35000 * s / tenants / 4))::integer as entries,
  tenants * 4 * greatest(2, round(25000 * s / tenants / 4))::integer as buyers,
  tenants * 4 * greatest(2, round(15000 * s / tenants / 4))::integer as roles,
  tenants * 4 * greatest(2, round(40000 * s / tenants / 4))::integer as invoices,
  tenants * 4 * greatest(2, round(25000 * s / tenants / 4))::integer as expenses,
  tenants * 4 * greatest(4, round(60000 * s / tenants / 4))::integer as activities
from tenant;

-- Row x (counted from 0) of the tenant that row i belongs to, in a table of n rows.
create function pg_temp.peer(i integer, x integer, n integer, tenants integer) returns integer
  language sql immutable as $$ select tenants * (x % (n / tenants)) + 1 + (i - 1) % tenants $$;

-- Texts that break careless copies; mostly ordinary ones.
create function pg_temp.text_of(i integer) returns text language sql immutable as $body$
  select case i % 61
    when 1 then null
    when 2 then ''
    when 3 then '\.'
    when 4 then E'first line\n\\.\nthird line'
    when 5 then '\N'
    when 6 then E'C:\\neu\\temp\\"Zoë"'
    when 7 then E'tab\there, line\r\nfeed, and a trailing blank '
    when 8 then 'It''s; drop table "Party"; -- $1 $$ ; \q'
    when 9 then 'Grüße aus Łódź – 日本語 – עברית – 👩‍🌾🐕'
    when 10 then E'e\u0301 is not é; \u200b\ufeff\u0001\u001f'
    when 11 then repeat('Long letters are stored elsewhere. ', 1 + i % 211)
    when 12 then '{"not": "json", "but": [null, "\u0000"]}'
    when 13 then ' NULL '
    when 14 then E'\b\f\x0b'
    else 'Note ' || i || ': calls on Tuesdays, prefers e-mail'
  end $body$;

create function pg_temp.first_name(i integer) returns text language sql immutable as $$
  select (array['Zoë', 'Łukasz', 'Siobhán', 'Ngọc', '美咲', 'Anna-Lena', 'محمد', 'Chloe', 'Þór', 'João', 'Olga', 'Mary Ann'])[1 + i % 12] $$;
create function pg_temp.last_name(i integer) returns text language sql immutable as $$
  select (array['O''Brien', 'Müller', 'García "Pepe"', 'van der Berg', 'Nguyễn', '田中', 'Smith\Jones', 'D’Angelo', 'Åström', 'Kovács', 'Null'])[1 + i % 11] $$;

-- A moment within some years, with milliseconds.
create function pg_temp.moment(i integer) returns timestamp(3) language sql immutable as $$
  select timestamp '2021-03-14 01:59:26.535' + (i::bigint * 7919 % 94607) * interval '1003.007 seconds' $$;

insert into "Tenant" ("slug", "name", "plan", "settings", "createdAt", "updatedAt")
select 'tenant-' || i, pg_temp.last_name(i) || ' & Co. ' || i, (enum_range(null::"TenantPlan"))[1 + i % 3],
  jsonb_build_object('locale', (array['de', 'en', 'ja'])[1 + i % 3], 'quote', '"', 'limit', i * 1.10, 'none', null),
  pg_temp.moment(i), pg_temp.moment(i + 7)
from size, generate_series(1, tenants) i;

insert into "User" ("id", "tenantId", "email", "name", "role", "passwordHash", "lastLoginAt", "createdAt", "updatedAt")
select 'c' || md5('user' || i), 1 + (i - 1) % tenants, 'User.' || i || '@Example.COM', nullif(pg_temp.first_name(i), 'Olga'),
  (enum_range(null::"UserRole"))[1 + i % 4], '$2b$12$' || md5('hash' || i),
  case when i % 3 > 0 then pg_temp.moment(i) at time zone 'Asia/Kolkata' end, pg_temp.moment(i), pg_temp.moment(i + 3)
from size, generate_series(1, users) i;

insert into "Party" ("tenantId", "type", "name", "email", "phone", "notes", "tags", "createdAt", "updatedAt")
select 1 + (i - 1) % tenants,
  case when (i - 1) / tenants % 4 = 3 then 'ORGANIZATION' else 'CONTACT' end::"PartyType",
  pg_temp.first_name(i / 7) || ' ' || pg_temp.last_name(i / 3),
  case when i % 9 > 0 then 'Party' || i || '@Mail.example' end, case when i % 4 = 0 then '+49 30 ' || i end,
  pg_temp.text_of(i), case when i % 5 = 0 then array['vip', 'a,b', '{"}', '', null] else '{}' end,
  pg_temp.moment(i), pg_temp.moment(i + 11)
from size, generate_series(1, parties) i;

insert into "Contact" ("tenantId", "partyId", "firstName", "lastName", "nickname", "birthDate", "preferences", "updatedAt")
select "tenantId", "id", pg_temp.first_name("id" / 7), pg_temp.last_name("id" / 3),
  case when "id" % 8 = 0 then '' when "id" % 8 < 3 then 'Bo' || "id" end, date '1950-01-01' + "id" % 20000,
  case when "id" % 3 > 0 then jsonb_build_object('species', "id" % 5, 'text', pg_temp.text_of("id")) end, "updatedAt"
from "Party" where "type" = 'CONTACT' order by "id";

insert into "Organization" ("tenantId", "partyId", "legalName", "website", "taxId", "updatedAt")
select "tenantId", "id", "name" || ' GmbH', 'https://example.org/?q=' || "id" || '&x=%20', 'DE' || lpad("id"::text, 9, '0'), "updatedAt"
from "Party" where "type" = 'ORGANIZATION' order by "id";

insert into "BreedingPlan" ("tenantId", "name", "species", "status", "season", "gestation", "budget", "notes", "updatedAt")
select 1 + (i - 1) % tenants, 'Plan ' || i, (enum_range(null::"Species"))[1 + i % 5], (enum_range(null::"PlanStatus"))[1 + i % 5],
  case when i % 7 > 0 then daterange(date '2023-01-01' + i % 700, date '2023-03-01' + i % 700) end,
  case when i % 6 > 0 then make_interval(days => 58 + i % 300, hours => i % 24) end,
  case i % 50 when 0 then null when 1 then 9999999999.99 when 2 then -0.01 else i * 12.34 end,
  pg_temp.text_of(i + 5), pg_temp.moment(i)
from size, generate_series(1, plans) i;

-- Before its animals: the keys to dam and sire are deferred to the end of the transaction.
insert into "OffspringGroup" ("tenantId", "planId", "damId", "sireId", "status", "bornOn", "size", "updatedAt")
select 1 + (i - 1) % tenants, case when i % 10 > 0 then pg_temp.peer(i, i / tenants, plans, tenants) end,
  pg_temp.peer(i, 2 * (i / tenants), animals, tenants), case when i % 13 > 0 then pg_temp.peer(i, 2 * (i / tenants) + 1, animals, tenants) end,
  (enum_range(null::"GroupStatus"))[1 + i % 3], case when i % 3 > 0 then date '2023-05-01' + i % 500 end, i % 12, pg_temp.moment(i)
from size, generate_series(1, groups) i;

insert into "Animal" ("tenantId", "name", "species", "sex", "status", "microchip", "organizationId", "buyerPartyId", "offspringGroupId",
  "birthDate", "weightGrams", "growthRate", "photo", "pedigree", "createdAt", "updatedAt")
select 1 + (i - 1) % tenants, pg_temp.first_name(i / 5) || ' of ' || i, (enum_range(null::"Species"))[1 + i % 5],
  case when (i - 1) / tenants % 2 = 0 then 'FEMALE' else 'MALE' end::"Sex", (enum_range(null::"AnimalStatus"))[1 + i % 4],
  case when i % 6 > 0 then lpad((276000000000000 + i)::text, 15, '0') end,
  case when i % 3 > 0 then pg_temp.peer(i, i / tenants, parties / 4, tenants) end,
  case when i % 5 = 0 then pg_temp.peer(i, i / tenants * 3, parties, tenants) end,
  case when i % 4 > 0 then pg_temp.peer(i, i / tenants / 5, groups, tenants) end,
  case when i % 7 > 0 then date '2012-02-29' + i % 4000 end, nullif(i % 70000, 0),
  case i % 40 when 0 then null when 1 then 'NaN' when 2 then '-Infinity' when 3 then 1e-300 else 1 / (1 + i)::double precision end,
  case when i % 20 = 0 then decode(md5(i::text), 'hex') when i % 20 = 1 then '' end,
  case when i % 4 = 0 then jsonb_build_object('line', i % 9, 'titles', jsonb_build_array('Ch.', pg_temp.text_of(i))) end,
  pg_temp.moment(i), pg_temp.moment(i + 5)
from size, generate_series(1, animals) i;

insert into "AnimalOwner" ("animalId", "partyId", "share", "since")
select pg_temp.peer(i, i / tenants, animals, tenants), pg_temp.peer(i, i / tenants * 3, parties, tenants),
  case when i % 4 = 0 then 33.33 else 100 end, case when i % 3 > 0 then date '2020-01-01' + i % 1500 end
from size, generate_series(1, owners) i
on conflict do nothing;

insert into "Offspring" ("tenantId", "groupId", "animalId", "buyerPartyId", "name", "collar", "price", "updatedAt")
select 1 + (i - 1) % tenants, pg_temp.peer(i, i / tenants / 4, groups, tenants), case when i % 2 = 0 and i <= animals then i end,
  case when i % 3 = 0 then pg_temp.peer(i, i / tenants * 5, parties, tenants) end,
  nullif(pg_temp.first_name(i), 'Chloe'), (array['', 'red', 'blue / grün', 'no collar'])[1 + i % 4],
  case when i % 8 > 0 then (i % 4000) + 0.5 end, pg_temp.moment(i)
from size, generate_series(1, offspring) i;

insert into "WaitlistEntry" ("tenantId", "clientPartyId", "planId", "offspringGroupId", "offspringId", "animalId", "damPreferenceId",
  "sirePreferenceId", "createdById", "status", "deposit", "notes", "createdAt", "updatedAt")
select 1 + (i - 1) % tenants, pg_temp.peer(i, i / tenants * 7, parties, tenants),
  case when i % 3 > 0 then pg_temp.peer(i, i / tenants, plans, tenants) end,
  case when i % 4 = 0 then pg_temp.peer(i, i / tenants, groups, tenants) end,
  case when i % 5 = 0 then pg_temp.peer(i, i / tenants, offspring, tenants) end,
  case when i % 6 = 0 then pg_temp.peer(i, i / tenants, animals, tenants) end,
  case when i % 7 = 0 then pg_temp.peer(i, i / tenants * 2, animals, tenants) end,
  case when i % 8 = 0 then pg_temp.peer(i, i / tenants * 2 + 1, animals, tenants) end,
  case when i % 2 = 0 then 'c' || md5('user' || pg_temp.peer(i, i, users, tenants)) end,
  (enum_range(null::"WaitlistStatus"))[1 + i % 4], case when i % 4 = 1 then 250 else 0 end, pg_temp.text_of(i * 3),
  pg_temp.moment(i), pg_temp.moment(i + 2)
from size, generate_series(1, entries) i;

insert into "OffspringGroupBuyer" ("groupId", "buyerPartyId", "waitlistEntryId", "placementRank")
select pg_temp.peer(i, i / tenants / 2, groups, tenants), pg_temp.peer(i, i / tenants * 11, parties, tenants),
  case when i % 2 = 0 then pg_temp.peer(i, i / tenants, entries, tenants) end, nullif(i % 9, 0)
from size, generate_series(1, buyers) i
on conflict do nothing;

insert into "PlanParty" ("planId", "partyId", "role")
select pg_temp.peer(i, i / tenants, plans, tenants), pg_temp.peer(i, i / tenants * 13, parties, tenants), (enum_range(null::"PlanPartyRole"))[1 + i % 3]
from size, generate_series(1, roles) i
on conflict do nothing;

-- Fills audit."Entry" by its trigger.
insert into "Invoice" ("tenantId", "clientPartyId", "planId", "planTenantId", "status", "currency", "amount", "issuedOn", "lines", "createdAt", "updatedAt")
select 1 + (i - 1) % tenants, case when i % 12 > 0 then pg_temp.peer(i, i / tenants * 17, parties, tenants) end,
  case when i % 3 = 0 then pg_temp.peer(i, i / tenants, plans, tenants) end, case when i % 3 = 0 then 1 + (i - 1) % tenants end,
  (enum_range(null::"InvoiceStatus"))[1 + i % 4], (array['EUR', 'USD', 'GBP'])[1 + i % 3],
  case i % 100 when 0 then 9999999999.99 when 1 then -19.90 when 2 then 0 else (i % 5000) + 0.99 end,
  case when i % 4 > 0 then date '2024-01-01' + i % 365 end,
  jsonb_build_array(jsonb_build_object('what', pg_temp.text_of(i * 5), 'net', 0.10 * i)), pg_temp.moment(i), pg_temp.moment(i + 1)
from size, generate_series(1, invoices) i;

insert into "Expense" ("id", "tenantId", "vendorPartyId", "category", "amount", "spentOn", "receipt", "note", "updatedAt")
select md5('expense' || i)::uuid, 1 + (i - 1) % tenants, case when i % 5 > 0 then pg_temp.peer(i, i / tenants * 19, parties, tenants) end,
  (enum_range(null::"ExpenseCategory"))[1 + i % 4], (i % 900) + 0.05, date '2022-12-31' + i % 700,
  case when i % 10 = 0 then decode(repeat(md5(i::text), 1 + i % 40), 'hex') end, pg_temp.text_of(i * 2), pg_temp.moment(i)
from size, generate_series(1, expenses) i;

insert into "ActivityLog" ("tenantId", "userId", "action", "address", "details", "occurredAt", "receivedAt")
select 1 + (i - 1) % tenants, case when i % 6 > 0 then 'c' || md5('user' || pg_temp.peer(i, i, users, tenants)) end,
  (array['login', 'view', 'edit', 'export'])[1 + i % 4], case when i % 3 > 0 then ('10.0.' || i % 256 || '.7/24')::inet else 'fe80::1' end,
  case when i % 5 = 0 then jsonb_build_object('agent', 'Mozilla/5.0 (X11)', 'row', i) end,
  -- From December to April: what lies outside of the months is in the default partition.
  timestamp '2023-12-15' + (i::bigint * 7919 % 11000) * interval '18 minutes 1.001 seconds',
  timestamp '2023-12-15 00:00:02' + (i::bigint * 7919 % 11000) * interval '18 minutes 1.001 seconds'
from size, generate_series(1, activities) i;

-- Sequences that are ahead of their rows: a tail was deleted, a number was drawn and never used.
delete from "Offspring" where "id" > (select offspring - 3 from size)
  and not exists (select 1 from "WaitlistEntry" e where e."offspringId" = "Offspring"."id");
delete from "PlanParty" where "id" = (select max("id") from "PlanParty");
select count(nextval('invoice_number_seq')) from generate_series(1, 25);

insert into _prisma_migrations (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, applied_steps_count)
select md5('migration' || i)::uuid::text, md5('a' || i) || md5('b' || i),
  case when i <> 3 then timestamptz '2022-01-10 08:00:01Z' + i * interval '31 days' end,
  to_char(timestamp '2022-01-10 08:00' + i * interval '31 days', 'YYYYMMDDHH24MISS') || '_' || (array['init', 'add_waitlist', 'add_expenses', 'add_expenses', 'audit'])[i],
  case when i = 3 then 'ERROR: type "ExpenseCategory" already exists' end,
  case when i = 3 then timestamptz '2022-04-13 09:30:00Z' end,
  timestamptz '2022-01-10 08:00:00Z' + i * interval '31 days', case when i = 3 then 0 else 1 end
from generate_series(1, 5) i;

set constraints all immediate;
refresh materialized view "TenantSummary";
refresh materialized view "PlanSummary";
drop function pg_temp.peer, pg_temp.text_of, pg_temp.first_name, pg_temp.last_name, pg_temp.moment;
drop table pg_temp.size;
