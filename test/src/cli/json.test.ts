/** What `--json` prints is what the page says. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openShop } from "./shop.ts";

const PAGE = readFileSync(new URL("../../../docs/json.md", import.meta.url), "utf8");

/** The members in the table under a command's heading; those that the page calls absent otherwise may be missing. */
function members(command: string): { readonly always: readonly string[]; readonly sometimes: readonly string[] } {
  const section = PAGE.split(/^## /m).find((part) => part.startsWith(`\`${command}\``)) ?? "";
  const rows = [...section.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name = "", text = ""]) => ({ name, text }));
  const sometimes = rows.filter(({ text }) => text.includes("(absent otherwise)")).map(({ name }) => name);
  return { always: rows.map(({ name }) => name).filter((name) => !sometimes.includes(name)), sometimes };
}

it("every command prints the members that docs/json.md names, and no others", async () => {
  await using shop = await openShop();
  shop.erp("INSERT INTO orders VALUES ('O-3', 'C-1', '2026-03-04', 'lost')");
  const printed = new Map<string, object>();
  const print = async (command: string, ...args: readonly string[]): Promise<void> => {
    const [line = "{}"] = (await shop.order(...command.split(" "), ...args, "--json")).out.split("\n");
    const value: unknown = JSON.parse(line);
    printed.set(command, Array.isArray(value) ? value[0] : value);
  };
  await print("check");
  await print("plan");
  await print("run");
  shop.erp("UPDATE customers SET phone = '+45 ERP' WHERE no = 'C-1'");
  const [account] = await shop.ask("SELECT Id FROM Account WHERE Name = 'Ærø Boats'");
  await shop.patch(`Account/${String(account?.["Id"])}`, { Phone: "+45 Salesforce" });
  await shop.order("run");
  for (const command of ["status", "report", "journal", "conflicts list", "dead-letters list", "prune", "migrate"]) {
    await print(command);
  }
  await print("reset", "--yes");

  const wrong = [...printed].flatMap(([command, value]) => {
    const { always, sometimes } = members(command);
    const missing = always.filter((name) => !Object.hasOwn(value, name)).map((name) => `${command} lacks ${name}`);
    const known = new Set([...always, ...sometimes]);
    const unknown = Object.keys(value).filter((name) => !known.has(name));
    return [...missing, ...unknown.map((name) => `${command} prints ${name}, which the page does not name`)];
  });
  expect(wrong).toEqual([]);
});
