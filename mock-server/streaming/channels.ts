/** Which channels there are, and who may subscribe to them. Source: change-events §2.1, §3, §5. */
import type { Actor } from "../org/port.ts";
import { type Catalog, objectOfChangeEvent } from "../schema/catalog.ts";
import type { BusEvent } from "./event-bus.ts";
import { type BayeuxError, bayeuxError, unsupportedChannel } from "./protocol.ts";

/** A channel that somebody may subscribe to. */
export interface Channel {
  readonly name: string;
  /** The object whose events it carries; undefined for all selected ones. */
  readonly entity: string | undefined;
}

const ALL_CHANGES = "/data/ChangeEvents";

/** Channels of the streaming family that this org does not have, by how they begin or end. */
const OTHER_FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^\/topic\//i, "PushTopic streaming"],
  [/^\/event\//i, "A platform event"],
  [/^\/u\//i, "Generic streaming"],
  [/^\/systemTopic\//i, "System topic streaming"],
  [/^\/data\/.*__chn$/i, "A custom channel of change events"],
];

/** Finds a channel for an actor; a refusal says why there is none. */
export function openChannel(
  name: unknown,
  {
    actor,
    catalog,
    selected,
  }: { readonly actor: Actor; readonly catalog: Catalog; readonly selected: ReadonlySet<string> },
): Channel | BayeuxError {
  if (typeof name !== "string" || name === "") return bayeuxError(400, "Channel name not specified");
  if (!name.startsWith("/")) return bayeuxError(400, "Channel subscriptions must start with a leading '/'");
  const family = OTHER_FAMILIES.find(([pattern]) => pattern.test(name));
  if (family !== undefined) return unsupportedChannel(family[1], name);
  if (name === ALL_CHANGES) return seesEverything(actor) ? { name, entity: undefined } : NO_VIEW_ALL;
  const type = objectOfChangeEvent(/^\/data\/(\w+)$/.exec(name)?.[1] ?? "", catalog);
  if (type === undefined || !selected.has(type.name))
    return bayeuxError(400, `The channel you requested to subscribe to doesn't exist {${name}}`);
  return seesEverything(actor) || actor.access.object(type.name).viewAll ? { name, entity: type.name } : NO_VIEW_ALL;
}

/** True where the event goes to the channel. */
export function carries(channel: Channel, event: BusEvent): boolean {
  return channel.entity === undefined || channel.entity === event.entityName;
}

function seesEverything({ access }: Actor): boolean {
  return access.has("ViewAllData") || access.has("ModifyAllData");
}

const NO_VIEW_ALL = bayeuxError(403, "User not allowed to subscribe CDC without View All Data permissions");
