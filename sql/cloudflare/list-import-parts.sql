-- Which import files are in?
SELECT part, sha256, "rows" FROM movebook_parts ORDER BY part
