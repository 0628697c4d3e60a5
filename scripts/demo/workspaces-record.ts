import type { Random } from "./workspaces-random.ts";

/** Names as people have them: accents, other scripts, an apostrophe, an emoji, right to left. */
export const names: readonly [string, ...string[]] = [
  "Ada Lovelace",
  "Zoë Müller",
  "Seán O'Brien",
  "Łukasz Żółć",
  "李小龍",
  "Мария Иванова",
  "محمد علي",
  "नेहा शर्मा",
  "José Ñandú",
  "Grace 🦉 Hopper",
  "Đặng Thị Hồng",
  "Ólafur Þór",
];

const words: readonly [string, ...string[]] = [
  "invoice",
  "café",
  "delivery",
  "straße",
  "draft",
  "ready",
  "naïve",
  "北京",
  "status",
  "due",
  "it's",
  '"quoted"',
  "50 %",
  "review",
  "👍🏽",
  "owner",
  "C:\\new\\table",
  "backlog",
];

export function writeWords(random: Random, count: number): string {
  let text = random.pick(words);
  for (let written = 1; written < count; written++) text += ` ${random.pick(words)}`;
  return text;
}

/** How much a record holds: a line, some 10 KB, or more than a statement of D1 may have (100,000 bytes). */
export type RecordSize = "small" | "medium" | "long";

const paragraph = (random: Random, bytes: number): string => {
  const lines: string[] = [];
  for (let length = 0; length < bytes;) {
    const line = writeWords(random, 12);
    lines.push(line);
    length += Buffer.byteLength(line) + 2;
  }
  return lines.join("\n");
};

/**
 * A record's data: JSON text, keyed by field ids. One in eight is pretty-printed, so that real newlines stand beside
 * the `\n` that JSON writes inside its strings.
 */
export function writeRecordData(
  random: Random,
  fieldIds: readonly string[],
  size: RecordSize,
): string {
  const data: Record<string, unknown> = {};
  for (const [index, id] of fieldIds.entries()) data[id] = writeValue(random, index);
  if (size === "medium") data["notes"] = paragraph(random, 9000 + random.below(3000));
  if (size === "long") data["notes"] = paragraph(random, 105_000 + random.below(60_000));
  if (!random.once(8)) return JSON.stringify(data);
  data["comment"] = `first line\nsecond line, ${writeWords(random, 2)}`;
  return JSON.stringify(data, undefined, 2);
}

function writeValue(random: Random, index: number): unknown {
  switch (index % 6) {
    case 0:
      return writeWords(random, 1 + random.below(6));
    case 1:
      return random.below(100_000) / 100;
    case 2:
      return random.once(2);
    case 3:
      return random.once(5) ? null : writeWords(random, 1);
    case 4:
      return [random.hex(6), random.hex(6)];
    default:
      return { at: random.below(1_700_000_000), by: random.pick(names) };
  }
}
