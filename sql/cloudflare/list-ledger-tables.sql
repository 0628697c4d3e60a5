-- Which tables of an import's ledger are there?
SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('movebook_import', 'movebook_parts', 'movebook_pieces')
