/** Pages are worked through one by one: what a run holds in memory does not depend on how much there is. */
import { expect, it } from "vitest";
import type { EnginePorts } from "../../../src/engine/context/ports.ts";
import { overrideExternal } from "../../../src/external/override.ts";
import type { SalesforceRecord } from "../../../src/model/salesforce-record.ts";
import { Shop } from "./shop.ts";

const PAGE = 5;

it("a page of the ERP is asked for when the one before is written", async () => {
  const shop = await Shop.open();
  shop.batch(40);
  const ahead = new Ahead();
  const external = overrideExternal(shop.erp, {
    changes: async (collection, cursor, limit) => {
      const page = await shop.erp.changes(collection, cursor, limit);
      ahead.read(page.changes.length);
      return page;
    },
  });

  await shop.run({ passDocuments: PAGE }, { external, observe: (event) => ahead.hear(event) });

  expect(ahead.total).toBeGreaterThanOrEqual(40);
  expect(ahead.most).toBeLessThanOrEqual(PAGE);
});

it("a page of Salesforce is asked for when the one before is written", async () => {
  const shop = await Shop.open();
  for (let index = 0; index < 40; index += 1) {
    shop.save({ operation: "insert", records: [{ object: "Account", values: { Name: `Customer ${index}` } }] });
  }
  const ahead = new Ahead();
  const salesforce: EnginePorts["salesforce"] = {
    ...shop.salesforce,
    poll: async (requests) =>
      (await shop.salesforce.poll(requests)).map((polled) => ({ ...polled, pages: small(polled.pages, ahead) })),
  };

  await shop.run({ passDocuments: PAGE }, { salesforce, observe: (event) => ahead.hear(event) });

  expect(ahead.total).toBeGreaterThanOrEqual(40);
  expect(ahead.most).toBeLessThanOrEqual(2 * PAGE);
});

/** How many records were read that no pass has compared yet. */
class Ahead {
  total = 0;
  most = 0;
  #open = 0;

  read(records: number): void {
    this.total += records;
    this.#open += records;
    this.most = Math.max(this.most, this.#open);
  }

  hear(event: Parameters<EnginePorts["observe"]>[0]): void {
    if (event.kind === "passDone") this.#open = 0;
  }
}

async function* small(
  pages: AsyncIterable<readonly SalesforceRecord[]>,
  ahead: Ahead,
): AsyncGenerator<readonly SalesforceRecord[]> {
  for await (const page of pages) {
    for (let start = 0; start < page.length; start += PAGE) {
      const part = page.slice(start, start + PAGE);
      ahead.read(part.length);
      yield part;
    }
  }
}
