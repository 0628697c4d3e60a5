-- Which tables, indexes, triggers and views does this database have, as they were created? Without what SQLite and D1 keep for themselves.
select type, name, tbl_name as "table", sql
from sqlite_master
where sql is not null
  and substr(name, 1, 7) <> 'sqlite_'
  and substr(name, 1, 4) <> '_cf_'
order by rowid
