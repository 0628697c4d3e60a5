/** Single-character edits between two texts (Levenshtein). */
function countEdits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const sortWords = (name: string): string =>
  name
    .split(/[_\-.]+/)
    .toSorted()
    .join("_");

/** The one of the names that was probably meant: a slip of few letters, other case, or the same words in another order. */
export function findNearestName(name: string, names: Iterable<string>): string | undefined {
  const wanted = name.toUpperCase();
  const ranked = Array.from(names, (candidate) => {
    const upper = candidate.toUpperCase();
    const edits = sortWords(upper) === sortWords(wanted) ? 0 : countEdits(wanted, upper);
    return { candidate, edits };
  }).toSorted((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best !== undefined && best.edits <= Math.min(3, Math.floor(name.length / 3))
    ? best.candidate
    : undefined;
}
