-- Which rows of PlanParty have a partyId that is in no Party?
-- needs: PlanParty.id, PlanParty.partyId, Party.id
select child.id, child."partyId"
from public."PlanParty" as child
where child."partyId" is not null
  and not exists (select 1 from public."Party" as parent where parent.id = child."partyId")
order by child.id;
