/** Reads the mock org's own tables, past every permission. */
import type { MockOrg } from "../../mock-server/index.ts";
import type { Row } from "../../mock-server/schema/definition.ts";

/** The records of an object that are not in the recycle bin. */
export function liveRows(mock: MockOrg, object: string): readonly Row[] {
  return mock.org.transaction(mock.org.systemActor, (tx) =>
    [...tx.rows(object)].filter((row) => row["IsDeleted"] !== true),
  );
}
