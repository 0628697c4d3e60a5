import { describe, expect, it } from "vitest";
import { installCommand } from "../../scripts/postgres/install-command.ts";

const debian =
  'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n';
const mint = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n';
const rocky = 'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\n';

describe("the install command", () => {
  it.each([
    ["Debian", debian, "sudo apt-get install -y postgresql-client"],
    ["a child of Ubuntu", mint, "sudo apt-get install -y postgresql-client"],
    ["Fedora", "ID=fedora\n", "sudo dnf install -y postgresql"],
    ["a child of RHEL", rocky, "sudo dnf install -y postgresql"],
    ["Alpine", "ID=alpine\n", "sudo apk add postgresql-client"],
    ["Arch", "ID=arch\n", "sudo pacman -S --noconfirm postgresql-libs"],
    [
      "openSUSE",
      'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n',
      "sudo zypper install -y postgresql",
    ],
    ["a system that it does not know", "ID=plan9\n", "see https://www.postgresql.org/download/"],
    ["no /etc/os-release", "", "see https://www.postgresql.org/download/"],
  ])("of the client on %s", (_, osRelease, command) => {
    expect(installCommand("client", "linux", osRelease, false)).toBe(command);
  });

  it("has no sudo for root", () => {
    expect(installCommand("server", "linux", debian, true)).toBe("apt-get install -y postgresql");
  });

  it("names Homebrew's and winget's packages", () => {
    expect(installCommand("client", "darwin", "", false)).toBe("brew install libpq");
    expect(installCommand("server", "darwin", "", false)).toBe("brew install postgresql@17");
    expect(installCommand("client", "win32", "", false)).toContain("winget install");
  });
});
