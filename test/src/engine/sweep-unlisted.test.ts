/** What a sweep says of known records that the external list of all records leaves out. */
import { describe, expect, it } from "vitest";
import type { EnginePorts } from "../../../src/engine/context/ports.ts";
import { sweep } from "../../../src/engine/sweep/sweep.ts";
import { unlistedText } from "../../../src/engine/sweep/sweep-unlisted.ts";
import { overrideExternal } from "../../../src/external/override.ts";
import type { ExternalChange, ExternalSystem } from "../../../src/external/port.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

/** A synced shop whose list of customers shows only some of them from now on; `counts`: it counts its records itself. */
async function narrowed(
  shows: (change: ExternalChange) => boolean,
  more: { readonly account?: object; readonly counts?: boolean } = {},
): Promise<{ readonly shop: Shop; readonly ports: EnginePorts }> {
  const shop = await Shop.open(erpMapping({ Account: more.account ?? {} }));
  shop.batch(3);
  await shop.run();
  const changes: ExternalSystem["changes"] = async (name, cursor, limit) => {
    const page = await shop.erp.changes(name, cursor, limit);
    const shown = { ...page, changes: name === "customers" ? page.changes.filter(shows) : page.changes };
    return more.counts === true && !page.more ? { ...shown, census: { named: 0, counted: 0, unnamed: 0 } } : shown;
  };
  return { shop, ports: { ...shop.ports, external: overrideExternal(shop.erp, { changes }) } };
}

const isNot = (key: string) => (change: ExternalChange) => change.naturalKey[0] !== key;

describe("a record that can be read and that no list names", () => {
  it("is reported by a sweep, and nothing is deleted", async () => {
    const { shop, ports } = await narrowed(isNot("C1"));

    const { unlisted, undecided, missed } = await sweep(ports, { holder: "test" });

    expect(unlisted).toEqual([
      { object: "Account", collection: "customers", records: 1, examples: ["erp:Account:C1"] },
    ]);
    expect({ undecided, missed }).toEqual({ undecided: [], missed: 0 });
    expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(3);
    expect(unlisted.map(unlistedText)).toEqual([
      "Account: 1 record is there and is not named by the list of all customers (erp:Account:C1). Runs do not see what changes in them, only sweeps do; make the list whole",
    ]);
  });

  it("is reported as well where the list comes back empty", async () => {
    const { ports } = await narrowed(() => false);
    expect((await sweep(ports, { holder: "test" })).unlisted).toMatchObject([{ records: 3 }]);
  });

  it("is none where it is gone, where the mapping leaves it out, or where the system counts its records", async () => {
    const gone = await narrowed(isNot("C1"));
    gone.shop.erp.remove("customers", "C1");
    expect((await sweep(gone.ports, { holder: "test" })).unlisted).toEqual([]);

    const counted = await narrowed(isNot("C1"), { counts: true });
    expect((await sweep(counted.ports, { holder: "test" })).unlisted).toEqual([]);

    const whole = await narrowed(() => true);
    expect((await sweep(whole.ports, { holder: "test" })).unlisted).toEqual([]);
  });

  it("is none where the same run has made it", async () => {
    const { shop, ports } = await narrowed(() => true, { account: { create: { external: true } } });
    let runs = 0;
    // The run that reads the lists is the third one.
    const { unlisted } = await sweep(ports, { holder: "test" }, () => {
      runs += 1;
      if (runs === 2) shop.insert("Account", { Name: "Late" });
    });
    expect(unlisted).toEqual([]);
    expect(await shop.state.keys("Account", null, 10)).toHaveLength(4);
  });
});
