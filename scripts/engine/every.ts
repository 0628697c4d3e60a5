/**
 * Runs `work` again and again until the returned function is called; the next one begins `pause` milliseconds after
 * the one before has ended. What `work` throws is ignored: it only watches.
 */
export function every(pause: number, work: () => Promise<void> | void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const turn = async (): Promise<void> => {
    try {
      await work();
    } catch {
      // a watcher must not end what it watches
    }
    if (!stopped) timer = setTimeout(() => void turn(), pause);
  };
  timer = setTimeout(() => void turn(), pause);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
