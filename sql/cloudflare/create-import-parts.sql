-- Which import files are in? Each brings its own row.
CREATE TABLE IF NOT EXISTS movebook_parts (
  part INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL,
  "rows" INTEGER NOT NULL
)
