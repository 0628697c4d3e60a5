-- Which rows of Invoice have a clientPartyId that is in no Party?
-- needs: Invoice.id, Invoice.clientPartyId, Party.id
select child.id, child."clientPartyId"
from public."Invoice" as child
where child."clientPartyId" is not null
  and not exists (select 1 from public."Party" as parent where parent.id = child."clientPartyId")
order by child.id;
