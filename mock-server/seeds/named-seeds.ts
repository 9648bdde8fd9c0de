/** What `seed` may be: the demo company, a generated volume, or files. Stories are loaded only where one is requested. */
import { DEMO_USERS, demoDefinitions } from "../../fixtures/orgs/demo-company.ts";
import type { MockUser } from "../auth/passwords.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { OrgSettings } from "../org/port.ts";
import type { ObjectDefinition } from "../schema/definition.ts";
import type { PrebuiltObject } from "./prebuilt-seed.ts";
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
  readonly files: (org: MockOrgCore) => Promise<Iterable<SeedFile>>;
  /** What comes of loading the files into an org that has the seed's setup and nothing else. */
  readonly prebuilt?: () => Promise<readonly PrebuiltObject[]>;
}

/** The seed with this name or path. Throws an `Error` where there is no such file. */
export async function seedCalled(name: string): Promise<Seed> {
  if (name === "demo") return DEMO;
  const { readVolume, volumeStory } = await import("../../fixtures/orgs/volume.ts");
  const volume = readVolume(name);
  if (volume !== undefined) return { files: async (org) => volumeStory({ ...volume, nowMs: org.clock.nowMs() }) };
  const { readSeedFiles } = await import("./seed-files.ts");
  const files = readSeedFiles(name);
  return { files: async () => files };
}

const DEMO: Seed = {
  setup: { definitions: demoDefinitions, settings: { enableReductionOrders: true }, users: DEMO_USERS },
  files: async (org) => {
    const { demoStory } = await import("../../fixtures/orgs/demo.ts");
    const statuses = org.catalog.object("Order")?.field("Status")?.picklistValues ?? [];
    const users = DEMO_USERS.every((user) => org.actor(user.username) !== undefined);
    const story = demoStory(org.clock.nowMs(), {
      statuses: statuses.some((status) => status.value === "Shipped"),
      reductionOrders: org.settings.enableReductionOrders,
    });
    // Without the company's own users everything is the org's doing.
    return users ? story : story.map(({ path, records, atMs }) => ({ path, records, atMs }));
  },
  prebuilt: async () => {
    const { DEMO_RECORDS } = await import("../../fixtures/orgs/demo-records.ts");
    // Written by `prebuild.ts`.
    return JSON.parse(DEMO_RECORDS) as readonly PrebuiltObject[];
  },
};
