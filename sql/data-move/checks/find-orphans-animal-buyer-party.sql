-- Which rows of Animal have a buyerPartyId that is in no Party?
-- needs: Animal.id, Animal.buyerPartyId, Party.id
select child.id, child."buyerPartyId"
from public."Animal" as child
where child."buyerPartyId" is not null
  and not exists (select 1 from public."Party" as parent where parent.id = child."buyerPartyId")
order by child.id;
