-- Which columns do the tables of this database store, in order? Without what SQLite and D1 keep for themselves; "hidden" 2 and 3 are generated columns, which are not stored.
select t.name as "table", c.name as "column", t.sql, l.wr as "withoutRowid"
from sqlite_schema t
join pragma_table_list l on l.schema = 'main' and l.name = t.name
left join pragma_table_xinfo(t.name) c on c.hidden = 0 and t.sql not like 'create virtual%'
where t.type = 'table'
  and substr(t.name, 1, 7) <> 'sqlite_'
  and substr(t.name, 1, 4) <> '_cf_'
order by t.rowid, c.cid
