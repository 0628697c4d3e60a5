-- Which rows of Organization point to a Party that is no ORGANIZATION?
-- needs: Organization.id, Organization.partyId, Party.id, Party.type
select child.id, child."partyId", party.type
from public."Organization" as child
join public."Party" as party on party.id = child."partyId"
where party.type::text <> 'ORGANIZATION'
order by child.id;
