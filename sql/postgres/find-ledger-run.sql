-- What did a run write down of itself, to go on with it from another machine?
select run, journal, files
from movebook.runs
where run = $1;
