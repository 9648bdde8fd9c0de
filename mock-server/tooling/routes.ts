/** Where the Tooling API is. Few clients ask for the schema as records, so its resources are loaded for the first who does. */
import type { Resource, Route } from "../http/routes.ts";

const LATER: Resource = { methods: {}, load: async () => (await import("./resources.ts")).findToolingResource };

/** The resources of the Tooling API. */
export const TOOLING_ROUTES: readonly Route[] = [
  ["tooling", LATER],
  ["tooling/{rest...}", LATER],
];
