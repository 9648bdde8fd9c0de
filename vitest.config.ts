import { statfsSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { NoSkips } from "./test/support/no-skips.ts";

/** These change the whole process (replace modules, answer for hosts of the internet), so each of them gets its own. */
const ALONE = [
  "test/simulation/broken-recovery.test.ts",
  "test/contract/real-hosts.test.ts",
  "test/src/external/http.test.ts",
  "test/src/salesforce/auth.test.ts",
];

/** Checks over material outside the project have a command of their own, `npm run real-data`. */
const ELSEWHERE = ["test/real-data/**"];

/** What takes long begins first, so that no core is idle at the end: seeds, then whole processes and browsers. */
const LONG = [/\/test\/simulation\//, /\/test\/(end-to-end|house|src\/cli)\/|\/browser\.test\.ts$/];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((left, right) => rankOf(left) - rankOf(right));
  }
}

/** Files of one project stand together: a worker changes from one to the other only by a new process. */
function rankOf({ project, moduleId }: TestSpecification): number {
  const room = LONG.findIndex((pattern) => pattern.test(moduleId));
  return project.name === "alone" ? -1 : room === -1 ? LONG.length : room;
}

/** Databases wait for the disk at every commit. Where there is room in memory for what the tests write, they do not. */
function scratchFolder(): string {
  const memory = "/dev/shm";
  const roomMin = 2 ** 30;
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize > roomMin ? memory : tmpdir();
  } catch {
    // Only Linux has it.
    return tmpdir();
  }
}

const common = {
  // The suite runs on two cores; a test that needs longer than this is a defect of the test.
  testTimeout: 30_000,
  hookTimeout: 60_000,
  env: { TMPDIR: scratchFolder() },
};

export default defineConfig({
  test: {
    // Vitest leaves one core to itself, which on two cores is half of the machine.
    maxWorkers: availableParallelism(),
    passWithNoTests: false,
    reporters: process.env["CI"] === undefined ? ["default"] : ["default", new NoSkips()],
    sequence: { sequencer: LongFirst },
    projects: [
      // One process and one set of modules per worker: to load them again for each file costs a third of the whole time.
      // docs/decisions/0013-test-files-that-share-a-process.md says what a test file must keep to.
      { test: { ...common, name: "shared", include: ["test/**/*.test.ts", "examples/**/*.test.ts"], exclude: [...ALONE, ...ELSEWHERE], isolate: false } },
      { test: { ...common, name: "alone", include: ALONE } },
    ],
  },
});
