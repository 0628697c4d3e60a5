import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/global-setup.ts"],
    // Real servers answer in seconds on a busy machine; nothing here asserts on time.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // One more than two cores: tests wait for servers and child processes as much as they compute.
    maxWorkers: 3,
  },
});
