import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  listMaterializedViews,
  planRefresh,
  refreshMaterializedViews,
} from "../../scripts/postgres/materialized-views.ts";
import { startTwoDatabases, type TwoDatabases } from "./two-databases.ts";

const schema = `
  create table t (id int, word text);
  create function unqualified() returns bigint language sql stable as 'select count(*) from t';
  create function direct() returns bigint language sql stable begin atomic select count(*) from t; end;
  create schema a;
  create materialized view z_base as select id, word, unqualified() as n from t with no data;
  create view between_them as select * from z_base;
  create materialized view a.top as select * from between_them with no data;
  create function of_base() returns bigint language sql stable begin atomic select count(*) from z_base; end;
  create materialized view by_function as select of_base() as n with no data;
  create materialized view numbers as select word::int as n from t with no data;
  create materialized view on_numbers as select * from numbers with no data;
  create materialized view never as select 1 as one with no data;
`;

describe("materialized views", () => {
  let two: TwoDatabases;
  beforeAll(async () => {
    two = await startTwoDatabases();
    await two.run("both", schema);
    await two.run(
      "v1",
      "insert into t values (1, '1'); refresh materialized view z_base; refresh materialized view a.top; refresh materialized view by_function; refresh materialized view numbers; refresh materialized view on_numbers",
    );
    await two.run("v2", "insert into t values (1, '1'), (2, 'two')");
  });
  afterAll(() => two.stop());

  it("are ordered by what they read, through views and functions, in other schemas", async () => {
    const names = (await listMaterializedViews(two.target)).map(({ name }) => name);
    expect(names.indexOf("z_base")).toBeLessThan(names.indexOf("top"));
    expect(names.indexOf("z_base")).toBeLessThan(names.indexOf("by_function"));
    expect(names.indexOf("numbers")).toBeLessThan(names.indexOf("on_numbers"));
  });

  it("that hold data in v1 or v2 are refreshed, the others are left; a failure names the view and spares the rest", async () => {
    const plan = planRefresh(
      await listMaterializedViews(two.source),
      await listMaterializedViews(two.target),
    );
    expect(plan.left).toMatchObject([
      { name: { name: "never" }, reason: "holds no data in v1 nor in v2" },
    ]);
    const problems = await refreshMaterializedViews(two.target, plan.refreshed);
    expect(problems.map(({ what }) => what)).toEqual([
      "materialized view numbers cannot be refreshed (SQLSTATE 22P02; the message is in the report)",
      "materialized view on_numbers was not refreshed: it reads from numbers",
    ]);
    expect(problems[0]?.rows?.[0]).toBe('invalid input syntax for type integer: "two"');
    const [row] = await two.target.query(
      "select n from public.by_function union all select max(n) from a.top",
    );
    expect(row).toEqual({ n: "2" });
    expect(
      await two.target.query(
        "select 1 from pg_catalog.pg_class where relname = 'never' and relispopulated",
      ),
    ).toEqual([]);
  });
});
