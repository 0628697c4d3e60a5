import { afterAll, beforeAll, expect, test } from "vitest";
import { startZoo, type Zoo } from "./support/zoo.ts";
import { giveSettings, hostileSchema } from "./values/hostile-settings.ts";
import { numbersAndTimes } from "./values/numbers-and-times.ts";
import { structured } from "./values/structured.ts";
import { texts } from "./values/texts.ts";

/* Roles may carry settings that would end a move or change values without an error. */

let zoo: Zoo;

beforeAll(async () => {
  zoo = await startZoo();
});
afterAll(() => zoo?.stop());

test("hostile settings of the roles on both sides change nothing in a move and its undo", async () => {
  const specimens = [...numbersAndTimes, ...structured, ...texts.slice(0, 1)];
  const schema = specimens.map((specimen) => specimen.schema).join("\n");
  const more = `create table parent (id bigserial primary key, name text unique check (name <> ''));
    create table child (id int generated always as identity primary key, parent bigint not null references parent);
    create materialized view overview as select count(*) from child;`;
  const rows = `insert into parent (name) select 'p' || i from generate_series(1, 300) i;
    insert into child (parent) select id from parent; refresh materialized view overview;`;
  const animal = await zoo.animal({
    v1: [schema, more, ...specimens.map((each) => each.rows), rows, hostileSchema].join("\n"),
    v2: [schema, more, hostileSchema].join("\n"),
    v1AtLast: giveSettings,
    v2AtLast: giveSettings,
  });
  const mustHold = [
    ...specimens.flatMap(({ tables }) => tables),
    "public.child",
    "public.overview",
  ];
  const verdict = await animal.compare({ mustHold });
  expect(verdict.ended.code, verdict.ended.output).toBe(0);
  expect(verdict.ended.output).toContain("RESULT: PASS");
  expect(verdict.faults).toEqual([]);
  for (const side of [animal.v1, animal.v2]) {
    const given = await side.asSuperuser(
      `select count(*) from pg_db_role_setting s, unnest(s.setconfig) where s.setrole = '${side.owner}'::regrole`,
    );
    expect(Number(given)).toBeGreaterThan(40);
  }
  const undone = await animal.movebook([
    "undo",
    "data-move",
    "--env",
    "dev",
    "--any-branch",
    "--allow-dirty",
    "--yes",
  ]);
  expect(undone.code, undone.output).toBe(0);
  expect(await animal.v2.asSuperuser("select count(*) from public.child")).toBe("0");
});
