/** Random first meetings: whatever stands on the two sides, what is surely the same is tied, and nothing is made twice. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { erpMapping, type MappingChanges } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

const NUMBERS = ["1", "2", "3", "4"] as const;
/** Spellings of one number that are the same to the mapping. */
const SPELLINGS = [
  (number: string) => number,
  (number: string) => `00${number}`,
  (number: string) => ` 0 ${number} `,
] as const;

/** A number in one spelling. */
const spelled = fc
  .tuple(fc.constantFrom(...NUMBERS), fc.constantFrom(...SPELLINGS))
  .map(([number, spelling]) => ({ number, text: spelling(number) }));

const world = fc.record({
  erp: fc.uniqueArray(spelled, { maxLength: 5, selector: ({ text }) => text.trim() }),
  salesforce: fc.array(fc.record({ by: spelled, keyed: fc.boolean() }), { maxLength: 5 }),
  createsOutside: fc.boolean(),
});

it("ties what matches one to one, makes what is new once, leaves what is doubtful alone, and comes to rest", async () => {
  await fc.assert(
    fc.asyncProperty(world, async ({ erp, salesforce, createsOutside }) => {
      const changes = {
        Account: {
          match: [{ field: "AccountNumber", external: "no", ignore: ["blanks" as const, "leadingZeros" as const] }],
          create: { external: createsOutside },
        },
      } satisfies MappingChanges;
      const shop = await Shop.open(erpMapping(changes));
      const keyOf = (text: string): string => `erp:Account:${text.trim().replaceAll(" ", "~20")}`;
      for (const { text } of erp) shop.erp.put("customers", text.trim(), { name: `Customer ${text.trim()}` });
      const taken = new Set<string>();
      for (const [index, { by, keyed }] of salesforce.entries()) {
        const twin = keyed
          ? erp.find(({ text }) => text.trim() === by.text.trim() && !taken.has(text.trim()))
          : undefined;
        if (twin !== undefined) taken.add(twin.text.trim());
        shop.insert("Account", {
          Name: `Account ${index}`,
          AccountNumber: by.text.trim(),
          ...(twin === undefined ? {} : { ERP_Key__c: keyOf(twin.text) }),
        });
      }
      const before = await accounts(shop);

      await shop.run();
      await shop.run();
      const rest = await shop.run();

      expect(rest.writes).toBe(0);
      const after = await accounts(shop);
      const keys = after.flatMap(({ key }) => (key === null ? [] : [key]));
      expect(new Set(keys).size).toBe(keys.length);
      for (const number of NUMBERS) {
        const outside = erp.filter((each) => each.number === number);
        const free = before.filter((each) => each.number === number && each.key === null);
        const open = outside.filter(({ text }) => !before.some(({ key }) => key === keyOf(text)));
        const made = after.filter((each) => !before.some(({ id }) => id === each.id));
        const [only] = free;
        if (free.length === 1 && outside.length === 1 && open.length === 1) {
          const [key] = outside.map(({ text }) => keyOf(text));
          expect(after.find(({ id }) => id === only?.id)?.key).toBe(key);
        }
        // Where something might be the same, nothing is made in Salesforce.
        if (free.length > 0)
          expect(made.filter(({ key }) => outside.some(({ text }) => keyOf(text) === key))).toEqual([]);
        else expect(open.every(({ text }) => keys.includes(keyOf(text)))).toBe(true);
        // Nor outside: its customers are those from before, and those that match nothing there.
        if (outside.length > 0) {
          const doubled = shop.erp.rows("customers").filter(({ key }) => free.some(({ id }) => id === key[0]));
          expect(doubled).toEqual([]);
        }
      }
    }),
    { numRuns: 25, seed: 20261201 },
  );
}, 60_000);

async function accounts(
  shop: Shop,
): Promise<readonly { readonly id: string; readonly key: string | null; readonly number: string }[]> {
  const records = await shop.salesforce.query("SELECT Id, AccountNumber, ERP_Key__c FROM Account");
  return records.map((record) => ({
    id: text(record["Id"]),
    key: record["ERP_Key__c"] === null ? null : text(record["ERP_Key__c"]),
    number: text(record["AccountNumber"]).replace(/[\s0]/g, ""),
  }));
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
