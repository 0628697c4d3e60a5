-- How many pieces of long values were left behind?
SELECT count(*) AS pieces FROM movebook_pieces
