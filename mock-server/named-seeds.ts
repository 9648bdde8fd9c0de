/** What `seed` may be: the demo company, a generated volume, or files. */
import { DEMO_USERS, demoDefinitions, demoStory } from "../fixtures/orgs/demo.ts";
import { readVolume, volumeStory } from "../fixtures/orgs/volume.ts";
import type { MockUser } from "./mock-org-options.ts";
import type { OrgSettings } from "./org/contract.ts";
import type { MockOrgCore } from "./org/org.ts";
import type { ObjectDefinition } from "./schema/definition.ts";
import type { SeedFile } from "./seed.ts";

/** The beginning of an org. */
export interface Seed {
  /** What the seed's org has beside the standard; left out where the org gets metadata of its own. */
  readonly setup?: {
    readonly definitions: (standard: readonly ObjectDefinition[]) => readonly ObjectDefinition[];
    readonly settings: Partial<OrgSettings>;
    readonly users: readonly MockUser[];
  };
  /** What is to be loaded into an org, for its present time. */
  readonly files: (org: MockOrgCore) => Iterable<SeedFile>;
}

/** The seed with this name or path. Throws an `Error` where there is no such file. */
export async function seedCalled(name: string): Promise<Seed> {
  if (name === "demo") return DEMO;
  const volume = readVolume(name);
  if (volume !== undefined) {
    return { files: (org) => volumeStory({ ...volume, nowMs: org.clock.nowMs() }) };
  }
  const { readSeedFiles } = await import("./seed-files.ts");
  const files = readSeedFiles(name);
  return { files: () => files };
}

const DEMO: Seed = {
  setup: { definitions: demoDefinitions, settings: { enableReductionOrders: true }, users: DEMO_USERS },
  files: (org) => {
    const statuses = org.catalog.object("Order")?.field("Status")?.picklistValues ?? [];
    const users = DEMO_USERS.every((user) => org.actor(user.username) !== undefined);
    const story = demoStory(org.clock.nowMs(), {
      statuses: statuses.some((status) => status.value === "Shipped"),
      reductionOrders: org.settings.enableReductionOrders,
    });
    // Without the company's own users everything is the org's doing.
    return users ? story : story.map(({ path, records, atMs }) => ({ path, records, atMs }));
  },
};
