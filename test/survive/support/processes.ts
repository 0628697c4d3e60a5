import { readdirSync, readFileSync } from "node:fs";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
}

/** Processes of the machine, as /proc tells them. */
function listProcesses(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        // the name stands in brackets, and may hold anything
        const end = stat.lastIndexOf(")");
        const [state, parent] = stat.slice(end + 2).split(" ");
        if (state === "Z") return [];
        return [
          {
            pid: Number(name),
            parent: Number(parent),
            name: stat.slice(stat.indexOf("(") + 1, end),
          },
        ];
      } catch {
        // it has ended
        return [];
      }
    });
}

/** Children of a process, their children, and so on. @param name only those of that program */
export function listDescendants(pid: number, name?: string): number[] {
  const processes = listProcesses();
  const found = new Set([pid]);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const one of processes) if (found.has(one.parent)) found.add(one.pid);
  }
  found.delete(pid);
  return processes
    .filter((one) => found.has(one.pid) && (name === undefined || one.name === name))
    .map((one) => one.pid);
}

/** kill -9; of one that has ended, nothing. */
export function killHard(...pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended
    }
  }
}
