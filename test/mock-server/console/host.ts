/** A console over a shop, with a journal in hand. */
import type { ConsoleHost, View } from "../../../mock-server/console/host.ts";
import { save } from "../../../mock-server/dml/save.ts";
import { Journal } from "../../../mock-server/http/journal.ts";
import { ApiUsage } from "../../../mock-server/http/usage.ts";
import type { Shop } from "../dml/shop.ts";

export function hostOf(shop: Shop, journal = new Journal(1_000, () => shop.org.catalog)): ConsoleHost {
  return {
    org: shop.org,
    journal,
    usage: new ApiUsage(shop.org.clock),
    faults: { list: () => [] },
    remarks: [],
    rehearse: (tx, request, onVerdict) => save(tx, request, { ...shop.options, onVerdict }),
  };
}

export function viewOf(shop: Shop, username = "admin@mock.org"): View {
  const actor = shop.org.actor(username);
  if (actor === undefined) throw new Error(`no user ${username}`);
  return { host: hostOf(shop), actor };
}

/** Fills a journal with updates of one record, each with its rules and its change. */
export function fillJournal(shop: Shop, journal: Journal, calls: number): void {
  const actor = shop.org.actor("admin@mock.org");
  const stop = shop.org.onCommit((changes) => journal.noteChanges(changes));
  for (let count = 0; count < calls; count += 1) {
    const trace = journal.begin();
    shop.org.transaction(shop.org.systemActor, (tx) => {
      for (const rule of ["ORD-1", "ORD-6", "ORD-8", "ORD-13"])
        journal.noteVerdict({ row: 0, rule, object: "Account", id: shop.account, kept: true });
      tx.replace("Account", { ...tx.get("Account", shop.account), Site: String(count) });
    });
    journal.end();
    journal.add({
      atMs: shop.org.clock.nowMs(),
      method: "PATCH",
      path: `/services/data/v62.0/sobjects/Account/${shop.account}`,
      status: 204,
      errorCode: null,
      durationMs: 0.4,
      requestBody: { Site: String(count) },
      responseBody: null,
      actor,
      apiCalls: 1,
      trace,
    });
  }
  stop();
}
