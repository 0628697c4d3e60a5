-- Which run fills this database, by whom, from which import files? One row.
CREATE TABLE IF NOT EXISTS movebook_import (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  run TEXT NOT NULL,
  manifest TEXT NOT NULL,
  parts INTEGER NOT NULL,
  holder TEXT NOT NULL,
  started TEXT NOT NULL
)
