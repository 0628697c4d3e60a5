-- Which extensions are installed?
select e.extname as name,
       e.extversion as version
from pg_catalog.pg_extension as e
order by e.extname;
