import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Real servers answer in seconds on a busy machine; nothing here asserts on time.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    maxWorkers: 3,
  },
});
