/** The first bytes of archives and databases that are mistaken for a dump. */
const magics: readonly { readonly bytes: readonly number[]; readonly looksLike: string }[] = [
  { bytes: [0x1f, 0x8b], looksLike: "a gzip archive" },
  { bytes: [0x50, 0x4b, 0x03, 0x04], looksLike: "a zip archive" },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], looksLike: "a zstd archive" },
  { bytes: [0xfd, 0x37, 0x7a, 0x58], looksLike: "an xz archive" },
  { bytes: [0xff, 0xfe], looksLike: "text in UTF-16" },
  { bytes: [0xfe, 0xff], looksLike: "text in UTF-16" },
];

/** First lines that are mistaken for a dump. */
const beginnings: readonly { readonly pattern: RegExp; readonly looksLike: string }[] = [
  { pattern: /^SQLite format 3/, looksLike: "an SQLite database file" },
  { pattern: /^BZh/, looksLike: "a bzip2 archive" },
  { pattern: /^PGDMP|^[\s-]*PostgreSQL database/, looksLike: "a PostgreSQL dump" },
  { pattern: /^-- (?:MySQL|MariaDB) dump/, looksLike: "a MySQL dump" },
  { pattern: /^\s*</, looksLike: "an HTML or XML page (an error page?)" },
  { pattern: /^\s*[[{]/, looksLike: "JSON (an error message?)" },
];

/** What a file that is no dump looks like, by its first bytes; undefined when it may be SQL. */
export function nameOrigin(head: Buffer): string | undefined {
  const text = head.toString("latin1", 0, 200);
  const known =
    magics.find(({ bytes }) => bytes.every((byte, at) => head[at] === byte)) ??
    beginnings.find(({ pattern }) => pattern.test(text));
  return known?.looksLike;
}

/** A byte order mark, which no exporter writes. */
export const hasByteOrderMark = (head: Buffer): boolean =>
  head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
