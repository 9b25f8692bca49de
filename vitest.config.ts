import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [
            "test/kernel/**",
            "test/parity/**",
            "test/readings/**",
            "test/surroundings/**",
            "test/daemon/**",
            "test/services/**",
            "test/bad-behaviours/**",
            "test/package/**",
          ],
          testTimeout: 10_000,
          // Half of the time would go into loading the same modules for each file anew.
          isolate: false,
        },
      },
      {
        // The built program as an operator starts it, on the embedded table.
        test: {
          name: "daemon",
          include: ["test/daemon/**/*.test.ts"],
          globalSetup: ["test/daemon/build.mjs"],
          testTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        // The real servers of each protocol, on loopback: installed by test/services/setup.sh.
        test: {
          name: "services",
          include: ["test/services/**/*.test.ts", "test/bad-behaviours/**/*.test.ts"],
          globalSetup: ["test/services/matrix.mjs", "test/services/leftovers.mjs"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They mostly wait for servers, not for processors.
          maxWorkers: 4,
          // A server's log may come late on a busy host.
          expect: { poll: { timeout: 10_000 } },
        },
      },
      {
        // The packages in clean roots of their Debian: made ready by test/package/setup.sh.
        test: {
          name: "package",
          include: ["test/package/**/*.test.ts"],
          globalSetup: ["test/package/build-once.ts"],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          maxWorkers: 3,
        },
      },
      {
        // Real ip_vs: run by test/lab, inside a network namespace or a kernel of its own.
        test: {
          name: "kernel",
          include: ["test/kernel/**/*.test.ts"],
          // An emulated kernel on a busy host is fifty times slower than a real one.
          testTimeout: 600_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          isolate: false,
        },
      },
      {
        // A whole machine with systemd and Pacemaker: run by test/surroundings/run.mjs.
        test: {
          name: "surroundings",
          include: ["test/surroundings/**/*.test.ts"],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
          isolate: false,
        },
      },
      {
        // What both say of a file, which needs no kernel: run by test/lab on the host, each program in namespaces.
        test: {
          name: "readings",
          include: ["test/readings/**/*.test.ts"],
          testTimeout: 1_200_000,
          hookTimeout: 300_000,
        },
      },
      {
        // The original and ours side by side: run by test/lab, as the kernel tests are.
        test: {
          name: "parity",
          include: ["test/parity/**/*.test.ts"],
          testTimeout: 1_200_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          isolate: false,
        },
      },
    ],
  },
});
