-- Which rows of Party have a tenantId that is in no Tenant?
-- needs: Party.id, Party.tenantId, Tenant.id
select child.id, child."tenantId"
from public."Party" as child
where child."tenantId" is not null
  and not exists (select 1 from public."Tenant" as parent where parent.id = child."tenantId")
order by child.id;
