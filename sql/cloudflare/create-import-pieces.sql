-- Pieces of the long values of one row, until its INSERT puts them together.
CREATE TABLE IF NOT EXISTS movebook_pieces (
  cell INTEGER NOT NULL,
  number INTEGER NOT NULL,
  piece BLOB NOT NULL,
  PRIMARY KEY (cell, number)
) WITHOUT ROWID
