-- As what were the tables, indexes, triggers and views of this database created? Without what SQLite and D1 keep for themselves.
select name, sql
from sqlite_schema
where sql is not null
  and substr(name, 1, 7) <> 'sqlite_'
  and substr(name, 1, 4) <> '_cf_'
order by name, sql
