-- Which rows of Contact have a tenantId that is in no Tenant?
-- needs: Contact.id, Contact.tenantId, Tenant.id
select child.id, child."tenantId"
from public."Contact" as child
where child."tenantId" is not null
  and not exists (select 1 from public."Tenant" as parent where parent.id = child."tenantId")
order by child.id;
