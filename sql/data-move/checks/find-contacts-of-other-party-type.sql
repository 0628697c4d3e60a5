-- Which rows of Contact point to a Party that is no CONTACT?
-- needs: Contact.id, Contact.partyId, Party.id, Party.type
select child.id, child."partyId", party.type
from public."Contact" as child
join public."Party" as party on party.id = child."partyId"
where party.type::text <> 'CONTACT'
order by child.id;
