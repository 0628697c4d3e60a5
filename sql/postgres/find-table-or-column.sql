-- Is there such a table ($1), column ($1.$2) or table of a schema ($1.$2), or column of such a table ($1.$2.$3)?
-- Asked under v2's own search_path, which says what is visible and may hold operators of its own: ours are qualified.
select exists (
  select 1
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) c.relnamespace
  left join pg_catalog.pg_attribute as a
    on a.attrelid operator(pg_catalog.=) c.oid and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
  where pg_catalog.strpos('rpvmf', c.relkind::pg_catalog.text) operator(pg_catalog.>) 0
    and (
      ($2::pg_catalog.text is null and c.relname operator(pg_catalog.=) $1 and pg_catalog.pg_table_is_visible(c.oid))
      or ($3::pg_catalog.text is null and c.relname operator(pg_catalog.=) $1 and a.attname operator(pg_catalog.=) $2
        and pg_catalog.pg_table_is_visible(c.oid))
      or ($3::pg_catalog.text is null and n.nspname operator(pg_catalog.=) $1 and c.relname operator(pg_catalog.=) $2)
      or (n.nspname operator(pg_catalog.=) $1 and c.relname operator(pg_catalog.=) $2
        and a.attname operator(pg_catalog.=) $3)
    )
) as there;
