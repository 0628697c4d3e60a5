-- Which runs have changed the target and are not finished, how far is each, and whose is it?
select run, environment, operator, movebook, phase, began_at as "beganAt", changed_at as "changedAt"
from movebook.runs
order by began_at, run;
