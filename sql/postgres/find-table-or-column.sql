-- Is there such a table ($1), column ($1.$2) or table of a schema ($1.$2), or column of such a table ($1.$2.$3)?
select exists (
  select 1
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and (
      ($2::pg_catalog.text is null and c.relname = $1 and pg_catalog.pg_table_is_visible(c.oid))
      or ($3::pg_catalog.text is null and c.relname = $1 and a.attname = $2 and pg_catalog.pg_table_is_visible(c.oid))
      or ($3::pg_catalog.text is null and n.nspname = $1 and c.relname = $2)
      or (n.nspname = $1 and c.relname = $2 and a.attname = $3)
    )
) as there;
