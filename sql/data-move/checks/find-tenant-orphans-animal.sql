-- Which rows of Animal have a tenantId that is in no Tenant?
-- needs: Animal.id, Animal.tenantId, Tenant.id
select child.id, child."tenantId"
from public."Animal" as child
where child."tenantId" is not null
  and not exists (select 1 from public."Tenant" as parent where parent.id = child."tenantId")
order by child.id;
