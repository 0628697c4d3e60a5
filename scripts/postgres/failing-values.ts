/**
 * The values that a server refuses, when it only says that there is one among them: halves are asked.
 * @param ask sends values; throws the server's error when one is refused
 * @param refusals beginnings of the SQLSTATEs that mean a refusal; other errors are thrown on
 */
export async function listFailingValues(
  values: readonly string[],
  ask: (values: readonly string[]) => Promise<unknown>,
  refusals: readonly string[],
): Promise<string[]> {
  if (values.length === 0) return [];
  try {
    await ask(values);
    return [];
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (!refusals.some((beginning) => code.startsWith(beginning))) throw error;
  }
  if (values.length === 1) return [...values];
  const half = Math.ceil(values.length / 2);
  return [
    ...(await listFailingValues(values.slice(0, half), ask, refusals)),
    ...(await listFailingValues(values.slice(half), ask, refusals)),
  ];
}
