-- Which objects of ours are dropped when a move is finished?
drop table if exists movebook.foreign_keys, movebook.imports;
drop schema if exists movebook;
