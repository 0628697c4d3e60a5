-- Which migrations does this database say are applied?
select name
from d1_migrations
order by id
