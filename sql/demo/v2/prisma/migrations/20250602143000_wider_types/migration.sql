-- AlterEnum
alter type "Species" add value 'ALPACA' before 'RABBIT';

-- AlterTable: what may become longer or larger
alter table "Party" alter column "name" type text, alter column "phone" type text;
alter table "Animal" alter column "weightGrams" type bigint;
alter sequence "Party_id_seq" rename to party_ids;

-- CreateIndex
create index "WaitlistEntry_status_createdAt_idx" on "WaitlistEntry" ("status", "createdAt");
