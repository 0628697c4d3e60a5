const readNumbers = (version: string): number[] =>
  (/^\D*(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? "0").split(".").map(Number);

/** Compares `4.86.0` with `4.100.1` by their numbers; a pre-release counts as its release. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [readNumbers(one), readNumbers(other)];
  for (let part = 0; part < Math.max(a.length, b.length); part += 1) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

function satisfiesTerm(version: string, term: string): boolean {
  const [, sign = "", wanted = "0"] = /^(>=|>|<=|<|\^|~|=)?\s*v?(.*)$/.exec(term) ?? [];
  const order = compareVersions(version, wanted);
  const [major] = readNumbers(version);
  const [wantedMajor] = readNumbers(wanted);
  if (wanted === "*" || wanted === "") return true;
  if (sign === ">=") return order >= 0;
  if (sign === ">") return order > 0;
  if (sign === "<=") return order <= 0;
  if (sign === "<") return order < 0;
  return order >= 0 && major === wantedMajor;
}

/**
 * Whether a version satisfies what `engines` of a package.json wants: `>=22.0.0`, `^20.19 || >=22.12`, `>=20 <25`.
 */
export const satisfiesMinimum = (version: string, range: string): boolean =>
  range.split("||").some((alternative) =>
    alternative
      .trim()
      .replaceAll(/(>=|<=|>|<|\^|~|=)\s+/g, "$1")
      .split(/\s+/)
      .every((term) => satisfiesTerm(version, term)),
  );
