/**
 * Where CI is set, a test that is skipped fails the run, unless it is on the list below: on a machine that has everything, nothing may be
 * left out in silence.
 */
import type { Reporter, TestModule } from "vitest/node";

/** Tests that may be skipped, by the beginning of their full name, and why. */
const MAY_BE_SKIPPED: readonly (readonly [name: RegExp, why: string])[] = [
  [
    /that may not be (?:read is rejected|written to is listed by check)$/,
    "the administrator may read and write everything",
  ],
  [
    /adapter > reads everything again, .*when an older backup was put back$/,
    "whoever cannot be put back has nothing to show",
  ],
  [
    /adapter > deletes a record with its lines, once, and only the version/,
    "whoever cannot delete has nothing to show",
  ],
  [
    /adapter > tells a deleted record, and not one that was made again since$/,
    "whoever sees no deletions has nothing to show",
  ],
];

/** Fails the run for every other skipped test. Added to the reporters of vitest.config.ts. */
export class NoSkips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) =>
      [...module.children.allTests("skipped")].map(({ fullName }) => ({ file: module.relativeModuleId, fullName })),
    );
    const wrong = skipped.filter(({ fullName }) => !MAY_BE_SKIPPED.some(([name]) => name.test(fullName)));
    if (wrong.length === 0) return;
    // oxlint-disable-next-line no-console -- a reporter reports
    console.error(`\nCI is set, so these must run (test/support/no-skips.ts lists what may be skipped):`);
    // oxlint-disable-next-line no-console
    for (const { file, fullName } of wrong) console.error(`  ${file}: ${fullName}`);
    process.exitCode = 1;
  }
}
