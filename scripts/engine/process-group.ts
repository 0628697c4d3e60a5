import { setTimeout as sleep } from "node:timers/promises";

const graceAfterTerm = 5_000;
const pause = 50;

/** Groups of children that run now, by the process id of their leader. */
const live = new Set<number>();

/** @returns false when there is no process of that group any more */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    // EPERM: there are some, and they are not ours to signal
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

// The last resort: whatever ends us in a way that still runs handlers, no child outlives us.
process.on("exit", () => {
  for (const leader of live) signalGroup(leader, "SIGKILL");
});

/** From now on the group does not outlive us. @returns stops that, when the group has ended by itself */
export function watchGroup(leader: number): () => void {
  live.add(leader);
  return () => void live.delete(leader);
}

/**
 * Ends a whole process group: kindly, and after five seconds by force. It looks at the group and not at its leader,
 * who may be gone while a grandchild goes on and holds the pipes.
 */
export async function endGroup(leader: number): Promise<void> {
  signalGroup(leader, "SIGTERM");
  for (let waited = 0; waited < graceAfterTerm; waited += pause) {
    if (!signalGroup(leader, 0)) return;
    await sleep(pause);
  }
  signalGroup(leader, "SIGKILL");
}
