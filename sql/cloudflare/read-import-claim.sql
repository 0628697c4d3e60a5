-- Which run fills this database, by whom, since when?
SELECT run, manifest, parts, holder, started FROM movebook_import
