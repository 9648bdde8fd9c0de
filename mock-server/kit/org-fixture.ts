/**
 * A fork of one org for each test, in the form of a Vitest fixture and in the form of plain functions.
 *
 * ```ts
 * const it = base.extend(orgFixture(() => createMockOrg({ seed: "demo" })));
 * it("…", async ({ org }) => { … });
 * ```
 * Nothing of Vitest is imported: a fixture is a function that takes the test's context and `use`.
 */

import type { JournalEntry } from "../http/journal.ts";
import { tellCalls } from "./explain.ts";

/** What the fixture needs of an org. */
export interface Forkable<T extends Forkable<T>> {
  /** The calls that arrived; a test that fails shows them. */
  readonly requests: readonly JournalEntry[];
  fork(): T;
  close(): Promise<void>;
}

/** What the fixture takes of Vitest's context. */
export interface TestContext {
  readonly onTestFailed: (tell: () => void) => void;
}

/** A fixture called `org`, as `test.extend` takes it. */
export interface OrgFixture<T> {
  // The braces are Vitest's: it reads a fixture's dependencies from the pattern of the first parameter.
  readonly org: (context: TestContext, use: (org: T) => Promise<void>) => Promise<void>;
}

/**
 * Makes the org once, when the first test asks for it, and gives each test a fork of its own that is closed when the
 * test ends. Tests may run at the same time. A test that fails prints the calls that its org received, with their reasons.
 */
export function orgFixture<T extends Forkable<T>>(create: () => Promise<T>): OrgFixture<T> {
  const fork = forkOfEach(create);
  return {
    org: async ({ onTestFailed }, use) => {
      const org = await fork();
      onTestFailed(() => {
        // oxlint-disable-next-line no-console -- the runner shows it beside the failure
        if (org.requests.length > 0) console.error(tellCalls(org.requests));
      });
      try {
        await use(org);
      } finally {
        await org.close();
      }
    },
  };
}

/**
 * The same without Vitest, for Jest's `beforeEach` and for `node:test`: a function that gives a new fork at each call.
 * The caller closes it, or declares it with `await using`. The function rejects as `create` does.
 */
export function forkOfEach<T extends Forkable<T>>(create: () => Promise<T>): () => Promise<T> {
  let origin: Promise<T> | undefined;
  return async () => {
    origin ??= create();
    return (await origin).fork();
  };
}
