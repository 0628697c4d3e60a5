-- Which rows of WaitlistEntry have a clientPartyId that is in no Party?
-- needs: WaitlistEntry.id, WaitlistEntry.clientPartyId, Party.id
select child.id, child."clientPartyId"
from public."WaitlistEntry" as child
where child."clientPartyId" is not null
  and not exists (select 1 from public."Party" as parent where parent.id = child."clientPartyId")
order by child.id;
