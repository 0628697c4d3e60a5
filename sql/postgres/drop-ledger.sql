-- Which objects of ours are dropped when a move is finished?
drop table if exists movebook.foreign_keys, movebook.imports, movebook.runs, movebook.ledger;
do $movebook$
begin
  -- a schema that others had made for us does not carry our comment, and stays: this role may be unable to make it again
  if pg_catalog.obj_description(pg_catalog.to_regnamespace('movebook'), 'pg_namespace') like 'Ledger of a data move by movebook:%' then
    drop schema movebook;
  end if;
end $movebook$;
