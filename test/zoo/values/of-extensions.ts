import { numbered, type Specimen } from "./specimen.ts";

/** What the specimens below need; a superuser makes them. */
export const extensions = ["citext", "hstore"] as const;

export const ofExtensions: readonly Specimen[] = [
  {
    what: "citext and hstore, in arrays and as keys too",
    schema: `create table extended (id int primary key, c citext unique, h hstore, cs citext[], hs hstore[]);
      create table refers (id int primary key, c citext references extended (c));`,
    tables: ["public.extended", "public.refers"],
    rows: `${numbered("extended", [
      String.raw`'ÄbC', '"a\"=>\\"=>NULL, "NULL"=>"NULL", ""=>"", "ü 🎉"=>"\n"', array['A', 'a', null]::citext[], array['a=>1'::hstore, '', null]`,
      "'', '', '{}', '{}'",
      "null, null, null, null",
    ])} insert into refers values (1, 'äBc'), (2, null);`,
    holds: [
      String.raw`(select c::text = 'ÄbC' and h -> 'NULL' = 'NULL' and h ? 'a"=>\' and h -> 'a"=>\' is null and cs[1] = 'a' and cs[1]::text = 'A' from extended where id = 1)`,
      "(select h = '' and cardinality(hs) = 0 from extended where id = 2)",
      "(select c::text = 'äBc' from refers where id = 1)",
    ],
  },
];
