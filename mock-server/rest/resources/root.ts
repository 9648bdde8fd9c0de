/** The resource map of a version. Source: rest-api §1.3. */
import { ok, type RestHandler } from "../../http/rest.ts";

const RESOURCES = [
  "queryAll",
  "search",
  "composite",
  "parameterizedSearch",
  "recent",
  "limits",
  "query",
  "jobs",
  "sobjects",
  "tooling",
] as const;

/** `GET /services/data/vXX.0`: only what this org answers, and where to learn who one is. */
export const readResourceMap: RestHandler = (context, { version }) => {
  const base = `/services/data/v${version}.0`;
  const paths = RESOURCES.map((name) => [name, `${base}/${name}`]);
  const identity = `${context.instanceUrl}/id/${context.services.org.id}/${context.tx.actor.userId}`;
  return ok({ ...Object.fromEntries(paths), identity });
};
