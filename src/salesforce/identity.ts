/** Who we are in the org, without a counted call where the login has told or the identity service answers. */
import { SyncError } from "../errors.ts";
import { identityIds } from "./auth.ts";
import type { OrgCaller } from "./caller.ts";
import type { Session } from "./connection.ts";
import { CallFailure, isJsonObject } from "./failure.ts";
import type { OrgIdentity } from "./port.ts";
import { queryAllRows, soqlText } from "./query.ts";

/** Completes what the login told. Rejects with `SyncError`. */
export async function identify(caller: OrgCaller): Promise<OrgIdentity> {
  const session = await caller.session();
  const known = identityOf(session, session);
  if (known !== null) return known;
  const told = await fromUserInfo(caller, session);
  if (told !== null) return told;
  return await fromResources(caller, session);
}

function identityOf(
  session: Session,
  who: Pick<Session, "organizationId" | "userId" | "username">,
): OrgIdentity | null {
  const { organizationId, userId, username } = who;
  if (organizationId === null || userId === null || username === null) return null;
  return { organizationId, userId, username, instanceUrl: session.instanceUrl };
}

/** `/services/oauth2/userinfo` is not charged, but needs a scope that the session may lack (rest-api §3.7). */
async function fromUserInfo(caller: OrgCaller, session: Session): Promise<OrgIdentity | null> {
  try {
    const { body } = await caller.attemptCall(
      { method: "GET", path: "/services/oauth2/userinfo" },
      { intent: "read", name: "userinfo" },
    );
    if (!isJsonObject(body)) return null;
    const { organization_id: organizationId, user_id: userId, preferred_username: username } = body;
    if (typeof organizationId !== "string" || typeof userId !== "string" || typeof username !== "string") return null;
    return identityOf(session, { organizationId, userId, username });
  } catch (error) {
    // Anything the server says against this page only means that the next way must be tried.
    if (error instanceof CallFailure && error.failure.kind === "http") return null;
    throw error instanceof CallFailure ? caller.explain(error, "userinfo") : error;
  }
}

/** Two counted calls: the resource map names the identity address, whose last segments are org and user. */
async function fromResources(caller: OrgCaller, session: Session): Promise<OrgIdentity> {
  const { root } = caller.connection;
  const { body } = await caller.call({ method: "GET", path: root }, { intent: "read", name: "resources" });
  const { organizationId, userId } = identityIds(isJsonObject(body) ? body["identity"] : undefined);
  if (organizationId === null || userId === null) {
    throw new SyncError("SALESFORCE_REFUSED", `${caller.host}: the org does not tell who is logged in`);
  }
  const [user] = await queryAllRows(caller, `SELECT Username FROM User WHERE Id = ${soqlText(userId)}`);
  const username = user?.["Username"];
  return {
    organizationId,
    userId,
    username: typeof username === "string" ? username : "",
    instanceUrl: session.instanceUrl,
  };
}
