-- Which layout does the ledger have, and which movebook made it?
select layout, movebook
from movebook.ledger
order by layout desc;
