-- Which rows of AnimalOwner have a partyId that is in no Party?
-- needs: AnimalOwner.id, AnimalOwner.partyId, Party.id
select child.id, child."partyId"
from public."AnimalOwner" as child
where child."partyId" is not null
  and not exists (select 1 from public."Party" as parent where parent.id = child."partyId")
order by child.id;
