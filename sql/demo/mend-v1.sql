-- How are v1's orphans mended? The three clients get their parties back, and the key stands again.
update "WaitlistEntry" set "clientPartyId" = "clientPartyId" - 1000000000 where "clientPartyId" > 1000000000;
alter table "WaitlistEntry" add constraint "WaitlistEntry_clientPartyId_fkey" foreign key ("clientPartyId")
  references "Party" ("id") on update cascade on delete set null;
