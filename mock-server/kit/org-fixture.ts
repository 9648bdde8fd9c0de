/**
 * A fork of one org for each test, in the form of a Vitest fixture and in the form of plain functions.
 *
 * ```ts
 * const it = base.extend(orgFixture(() => createMockOrg({ seed: "demo" })));
 * it("…", async ({ org }) => { … });
 * ```
 * Nothing of Vitest is imported: a fixture is a function that takes the test's context and `use`.
 */

/** What the fixture needs of an org. */
export interface Forkable<T extends Forkable<T>> {
  fork(): T;
  close(): Promise<void>;
}

/** A fixture called `org`, as `test.extend` takes it. */
export interface OrgFixture<T> {
  // The braces are Vitest's: it reads a fixture's dependencies from the pattern of the first parameter.
  readonly org: (context: object, use: (org: T) => Promise<void>) => Promise<void>;
}

/**
 * Makes the org once, when the first test asks for it, and gives each test a fork of its own that is closed when the
 * test ends. Tests may run at the same time.
 */
export function orgFixture<T extends Forkable<T>>(create: () => Promise<T>): OrgFixture<T> {
  const fork = forkOfEach(create);
  return {
    // oxlint-disable-next-line no-empty-pattern -- Vitest demands a pattern here, see above
    org: async ({}, use) => {
      const org = await fork();
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
 * The caller closes it, or declares it with `await using`.
 */
export function forkOfEach<T extends Forkable<T>>(create: () => Promise<T>): () => Promise<T> {
  let origin: Promise<T> | undefined;
  return async () => {
    origin ??= create();
    return (await origin).fork();
  };
}
