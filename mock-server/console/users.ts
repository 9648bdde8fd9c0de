/** Users as the pages choose among them. */
import { activeUsers, type View } from "./host.ts";

/** The usernames of the active users. */
export function actorNames({ host }: View): readonly string[] {
  return activeUsers(host).map((user) => String(user["Username"]));
}
