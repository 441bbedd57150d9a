import { defineConfig } from "vitest/config";

// Two cores: two forks. Suites that start processes say their own timeouts.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
