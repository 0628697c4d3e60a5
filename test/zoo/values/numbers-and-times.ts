import { numbered, ofRow, type Specimen } from "./specimen.ts";

const inFloats = ofRow("floats");
const inNumerics = ofRow("numerics");
const inDates = ofRow("dates");
const inStamps = ofRow("stamps");
const inIntervals = ofRow("intervals");

export const numbersAndTimes: readonly Specimen[] = [
  {
    what: "floats: NaN, infinities, minus zero, denormals, all digits",
    schema: "create table floats (id int primary key, f4 real, f8 double precision);",
    tables: ["public.floats"],
    rows: numbered("floats", [
      "'NaN', 'NaN'",
      "'Infinity', 'Infinity'",
      "'-Infinity', '-Infinity'",
      "'-0', '-0'",
      "'1.4e-45', '4.9406564584124654e-324'",
      "'3.4028235e38', '1.7976931348623157e308'",
      "0.1::real + 0.2::real, 0.1::float8 + 0.2::float8",
      "'16777217', '9007199254740993'",
    ]),
    holds: [
      inFloats(1, "f4 = 'NaN' and f8 = 'NaN'"),
      inFloats(2, "f4 = 'Infinity' and f8 = 'Infinity'"),
      inFloats(3, "f4 = '-Infinity' and f8 = '-Infinity'"),
      inFloats(
        4,
        String.raw`float4send(f4) = '\x80000000' and float8send(f8) = '\x8000000000000000'`,
      ),
      inFloats(
        5,
        String.raw`float4send(f4) = '\x00000001' and float8send(f8) = '\x0000000000000001'`,
      ),
      inFloats(6, String.raw`float8send(f8) = '\x7fefffffffffffff'`),
      inFloats(7, "f8 = 0.1::float8 + 0.2::float8 and f8 <> 0.3"),
    ],
  },
  {
    what: "whole numbers at their limits, and money",
    schema: "create table wholes (id int primary key, i2 int2, i4 int4, i8 int8, m money);",
    tables: ["public.wholes"],
    rows: numbered("wholes", [
      "-32768, -2147483648, -9223372036854775808, '-92233720368547758.08'",
      "32767, 2147483647, 9223372036854775807, '92233720368547758.07'",
      "0, 0, 0, '0.01'",
      "null, null, null, null",
    ]),
    holds: [
      "(select i8 = -9223372036854775808 and m::numeric = -92233720368547758.08 from wholes where id = 1)",
      "(select i2 is null and m is null from wholes where id = 4)",
    ],
  },
  {
    what: "numerics: a thousand digits, the longest there is, trailing zeros, NaN, infinities",
    schema:
      "create table numerics (id int primary key, n numeric, d numeric(12, 2), neg numeric(3, -2));",
    tables: ["public.numerics"],
    rows: numbered("numerics", [
      "(repeat('9', 1000) || '.' || repeat('7', 1000))::numeric, 1.10, 12300",
      "('-' || repeat('8', 131072))::numeric, null, null",
      "('0.' || repeat('0', 16382) || '1')::numeric, null, null",
      "'NaN', 'NaN', 'NaN'",
      "'Infinity', null, null",
      "'-Infinity', null, null",
      "1.5000, 0.00, 0",
    ]),
    holds: [
      inNumerics(1, "length(n::text) = 2001 and neg = 12300"),
      inNumerics(2, "length(n::text) = 131073"),
      inNumerics(3, "scale(n) = 16383"),
      inNumerics(4, "n = 'NaN' and d = 'NaN' and neg = 'NaN'"),
      inNumerics(5, "n = 'Infinity'"),
      inNumerics(6, "n = '-Infinity'"),
      inNumerics(7, "n::text = '1.5000' and d::text = '0.00'"),
    ],
  },
  {
    what: "dates before Christ and far ahead, and 24:00:00",
    schema: "create table dates (id int primary key, d date, t time, z timetz, p time(2));",
    tables: ["public.dates"],
    rows: numbered("dates", [
      "'4713-01-01 BC', '24:00:00', '24:00:00-15:59:59', '24:00:00'",
      "'5874897-12-31', '23:59:59.999999', '00:00:00+15:59:59', '00:00:00.01'",
      "'infinity', '00:00:00', '12:00:00+05:45', '12:00'",
      "'-infinity', null, null, null",
      "'0001-12-31 BC', '23:59:60', '04:05:06.000001-08', null",
      "'2000-02-29', null, null, null",
    ]),
    holds: [
      inDates(1, "d = '4713-01-01 BC' and t = '24:00:00' and z::text = '24:00:00-15:59:59'"),
      inDates(2, "d = '5874897-12-31' and t = '23:59:59.999999'"),
      inDates(3, "d = 'infinity'"),
      inDates(4, "d = '-infinity'"),
      inDates(5, "d + 1 = '0001-01-01'::date and t = '24:00:00'"),
    ],
  },
  {
    what: "timestamps of all ages, and of zones that are history",
    schema: "create table stamps (id int primary key, s timestamp, z timestamptz, p timestamp(3));",
    tables: ["public.stamps"],
    rows: numbered("stamps", [
      "'4713-01-01 00:00:00 BC', '4713-01-01 00:00:00+00 BC', '4713-01-01 BC'",
      "'294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', '294276-12-31 23:59:59.999'",
      "'infinity', 'infinity', 'infinity'",
      "'-infinity', '-infinity', '-infinity'",
      "'1937-06-01 12:00:00', '1937-06-01 12:00:00 Europe/Amsterdam', null",
      "'1844-12-31 12:00:00', '1844-12-30 12:00:00 Asia/Manila', null",
      "'2021-10-31 02:30:00', '2021-10-31 02:30:00 CET', null",
      "'2021-10-31 02:30:00', '2021-10-31 02:30:00 CEST', null",
    ]),
    holds: [
      inStamps(1, "s = '4713-01-01 BC' and z = '4713-01-01 00:00:00+00 BC'"),
      inStamps(2, "extract(year from s) = 294276 and extract(microsecond from s) = 59999999"),
      inStamps(3, "s = 'infinity' and z = 'infinity' and p = 'infinity'"),
      inStamps(4, "s = '-infinity' and z = '-infinity'"),
      inStamps(5, "z = '1937-06-01 12:00:00 Europe/Amsterdam'"),
      inStamps(6, "z = '1844-12-30 12:00:00 Asia/Manila'"),
      "(select extract(epoch from a.z - b.z) = 3600 from stamps a, stamps b where a.id = 7 and b.id = 8)",
    ],
  },
  {
    what: "intervals of mixed signs",
    schema: "create table intervals (id int primary key, i interval, m interval year to month);",
    tables: ["public.intervals"],
    rows: numbered("intervals", [
      "'1 year 2 mons -3 days +04:05:06.789', '14 months'",
      "'-1 mon +1 day -00:00:00.000001', '-1 year'",
      "'178000000 years', null",
      "'-178000000 years', null",
      "'0', null",
      "'@ 1 day 23 hours ago', null",
      "'2147483647 days 2562047788:00:54.775807', null",
    ]),
    holds: [
      inIntervals(1, "i::text = '1 year 2 mons -3 days +04:05:06.789'"),
      inIntervals(
        2,
        "extract(month from i) = -1 and extract(day from i) = 1 and extract(microsecond from i) = -1",
      ),
      inIntervals(3, "extract(year from i) = 178000000"),
      inIntervals(6, "extract(day from i) = -1 and extract(hour from i) = -23"),
    ],
  },
];
