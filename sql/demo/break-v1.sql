-- How does v1 get orphans? Its key was dropped by hand one day, and three waiting clients were merged away since.
alter table "WaitlistEntry" drop constraint "WaitlistEntry_clientPartyId_fkey";
update "WaitlistEntry" set "clientPartyId" = "clientPartyId" + 1000000000
where "id" in (select "id" from "WaitlistEntry" where "clientPartyId" is not null order by "id" limit 3);
