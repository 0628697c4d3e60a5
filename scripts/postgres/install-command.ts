import { readFileSync } from "node:fs";

/** What to install: psql and pg_dump, or a server with them. */
export type PostgresPackage = "client" | "server";

const packageManagers: readonly {
  /** ID or ID_LIKE in /etc/os-release. */
  readonly ids: readonly string[];
  readonly command: string;
  readonly packages: Readonly<Record<PostgresPackage, string>>;
}[] = [
  {
    ids: ["debian", "ubuntu"],
    command: "apt-get install -y",
    packages: { client: "postgresql-client", server: "postgresql" },
  },
  {
    ids: ["fedora", "rhel", "centos", "amzn"],
    command: "dnf install -y",
    packages: { client: "postgresql", server: "postgresql-server" },
  },
  {
    ids: ["alpine"],
    command: "apk add",
    packages: { client: "postgresql-client", server: "postgresql postgresql-contrib" },
  },
  {
    ids: ["arch"],
    command: "pacman -S --noconfirm",
    packages: { client: "postgresql-libs", server: "postgresql" },
  },
  {
    ids: ["suse", "opensuse"],
    command: "zypper install -y",
    packages: { client: "postgresql", server: "postgresql-server" },
  },
];

/**
 * The command that installs Postgres programs on this system, for a message or to be run.
 * @param osRelease the text of /etc/os-release; "" where there is none
 */
export function installCommand(
  what: PostgresPackage,
  platform: NodeJS.Platform,
  osRelease: string,
  isRoot: boolean = process.getuid?.() === 0,
): string {
  if (platform === "darwin") return `brew install ${what === "client" ? "libpq" : "postgresql@17"}`;
  if (platform === "win32") return "winget install --exact --id PostgreSQL.PostgreSQL.17";
  const ids = readIds(osRelease);
  const manager = packageManagers.find((entry) => entry.ids.some((id) => ids.includes(id)));
  if (manager === undefined) return "see https://www.postgresql.org/download/";
  return `${isRoot ? "" : "sudo "}${manager.command} ${manager.packages[what]}`;
}

/** ID, then the words of ID_LIKE: Linux Mint is `linuxmint`, like `ubuntu`, like `debian`. */
function readIds(osRelease: string): string[] {
  const value = (key: string): string =>
    new RegExp(`^${key}=["']?([^"'\\n]*)`, "mu").exec(osRelease)?.[1] ?? "";
  return `${value("ID")} ${value("ID_LIKE")}`.split(/\s+/u).filter((id) => id !== "");
}

function readOsRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    // not a Linux
    return "";
  }
}

/** The command that installs psql and pg_dump on this machine. */
export const clientInstallCommand = (): string =>
  installCommand("client", process.platform, readOsRelease());

/**
 * The same command for a client of that major or newer: a distribution's own package has one version, which may be the
 * one that is too old, so that the versioned package of the PostgreSQL project's repository is named.
 */
export const newerClientCommand = (command: string, major: number): string =>
  command.includes("apt-get")
    ? `${command}-${major} (from apt.postgresql.org, where this release has no such package)`
    : command;
