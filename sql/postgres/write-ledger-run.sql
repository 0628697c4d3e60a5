-- How far is a run now? (A phase moves only from those before it; the answer is the row that was written, or none.)
insert into movebook.runs as was (run, environment, operator, movebook, phase, journal, files)
values ($1, $2, $3, $4, $5, $6, $7::pg_catalog.jsonb)
on conflict (run) do update
set operator = excluded.operator, movebook = excluded.movebook, phase = excluded.phase,
    journal = excluded.journal, files = excluded.files, changed_at = pg_catalog.now()
where was.phase = any ($8::pg_catalog.text[])
returning run;
