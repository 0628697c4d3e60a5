import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findServerUser, isReachable, makeOnce } from "../../scripts/postgres/shared-cache.ts";

const newKey = (): string => `test-${randomBytes(6).toString("hex")}`;

describe("a folder that is made once", () => {
  it("is whole for all who ask for it at once, and leaves no drafts", async () => {
    const key = newKey();
    const user = await findServerUser();
    const ask = () => makeOnce(key, user, (folder) => writeFile(join(folder, "text"), "whole"));
    const places = await Promise.all([ask(), ask(), ask()]);
    const [place = ""] = places;
    expect(new Set(places).size).toBe(1);
    expect(await readFile(join(place, "text"), "utf8")).toBe("whole");
    const beside = (await readdir(dirname(place))).filter((name) => name.startsWith(key));
    expect(beside).toEqual([basename(place)]);
    await rm(place, { recursive: true });
  });

  it("is not there when it could not be made", async () => {
    const key = newKey();
    const broken = makeOnce(key, await findServerUser(), async (folder) => {
      await writeFile(join(folder, "half"), "");
      throw new Error("no space left");
    });
    await expect(broken).rejects.toThrow("no space left");
    const again = await makeOnce(key, await findServerUser(), async () => undefined);
    expect(await readdir(again ?? "")).toEqual([]);
    await rm(again ?? "", { recursive: true });
  });
});

describe.skipIf(process.platform === "win32")("a path for another user", () => {
  let folder: string;
  const stranger = { uid: 65_534, gid: 65_534 };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "movebook-reach-"));
    await mkdir(join(folder, "inner"), { mode: 0o755 });
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is reachable only when every folder above lets the user through", async () => {
    expect(await isReachable(join(folder, "inner"), stranger)).toBe(false);
    await chmod(folder, 0o711);
    expect(await isReachable(join(folder, "inner"), stranger)).toBe(true);
    expect(await isReachable(folder, stranger)).toBe(false);
  });

  it("is reachable for ourselves", async () => {
    expect(await isReachable(folder, undefined)).toBe(true);
  });
});
