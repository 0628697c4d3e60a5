-- Which rows of Expense have a vendorPartyId that is in no Party?
-- needs: Expense.id, Expense.vendorPartyId, Party.id
select child.id, child."vendorPartyId"
from public."Expense" as child
where child."vendorPartyId" is not null
  and not exists (select 1 from public."Party" as parent where parent.id = child."vendorPartyId")
order by child.id;
