/**
 * The main job, shown once: `npm start`.
 *
 * Starts a mock org and an ERP, syncs the ERP's orders into Salesforce as activated orders, lets people edit both sides,
 * syncs again, and runs a third time to show that a run at rest writes nothing. `-- --serve` leaves the org running.
 */
import pc from "picocolors";
import type { RunReport } from "../engine/context/report.ts";
import { runOnce } from "../engine/run/run.ts";
import { SyncError } from "../errors.ts";
import { askErp, editErp } from "./demo/erp.ts";
import { openWorkplace, type Workplace } from "./demo/workplace.ts";
import { showProgress } from "./progress.ts";
import { reportText } from "./report-text.ts";

const OK = 0;
const NOT_AS_EXPECTED = 1;

async function main(): Promise<number> {
  const startedAt = performance.now();
  const work = await openWorkplace();
  try {
    const { erp } = work;
    say(pc.bold("salesforce-order-sync: an ERP and a Salesforce org, kept the same"));
    say(
      `  ERP (SQLite)      ${erp.customers} customers, ${erp.contracts} contracts, ${erp.products} products, ` +
        `${erp.orders} orders with ${erp.lines} lines`,
    );
    say(`  Salesforce (mock) ${work.org.url}, empty\n`);

    say(pc.bold("1. First run: the ERP's records become Salesforce records, its released orders activated orders"));
    const first = await run(work, erp.customers + erp.contracts + 2 * erp.products + erp.orders);
    process.stdout.write(reportText(first));

    say(pc.bold("\n2. People work on both sides"));
    await edits(work);

    say(pc.bold("\n3. Second run: what people changed reaches the other side"));
    const second = await run(work, null);
    process.stdout.write(reportText(second));
    tellEdits(work);

    say(pc.bold("\n4. Third run: nothing changed, so nothing is written"));
    const third = await run(work, null);
    process.stdout.write(reportText(third));

    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const good = first.unsynced.length === 0 && second.conflicts.length === 1 && third.writes === 0;
    say(good ? pc.green(`\nDone in ${seconds} s.`) : pc.red(`\nNot what was expected, after ${seconds} s.`));
    if (process.argv.includes("--serve")) await stayUp(work);
    return good ? OK : NOT_AS_EXPECTED;
  } finally {
    await work.close();
  }
}

async function run(work: Workplace, expected: number | null): Promise<RunReport> {
  const observe = showProgress(process.stderr, expected);
  return runOnce({ ...work.ports, observe }, { holder: "demo" });
}

/** What people do between the first and the second run, in Salesforce over REST and in the ERP over SQL. */
async function edits(work: Workplace): Promise<void> {
  const account = await findOne(work, "SELECT Id FROM Account WHERE AccountNumber = 'C-1005'");
  await patch(work, `Account/${account}`, { BillingStreet: "Austurstræti 8", Phone: "+354 551 9021" });
  say("  Salesforce: Elías Þórsson hf. moves to Austurstræti 8 and gets the telephone number … 9021");
  const order = await findOne(work, "SELECT Id FROM Order WHERE OrderReferenceNumber = 'A-26003'");
  await patch(work, `Order/${order}`, { Status: "Shipped" });
  say("  Salesforce: the warehouse sets order A-26003 to Shipped");
  editErp(work.erpFile, "UPDATE customers SET phone = ? WHERE customer_no = ?", ["+354 551 9999", "C-1005"]);
  say("  ERP:        a clerk gives the same customer the telephone number … 9999 (a conflict)");
  editErp(work.erpFile, "UPDATE order_lines SET quantity = '100' WHERE order_no = ? AND line_no = 10", ["A-26001"]);
  say("  ERP:        the first line of the activated order A-26001 grows to 100 pieces");
  editErp(work.erpFile, "UPDATE orders SET state = 'released' WHERE order_no = ?", ["A-26068"]);
  say("  ERP:        the draft order A-26068 is released");
}

function tellEdits(work: Workplace): void {
  const [customer] = askErp(work.erpFile, "SELECT street, phone FROM customers WHERE customer_no = 'C-1005'", []);
  const [order] = askErp(work.erpFile, "SELECT state FROM orders WHERE order_no = 'A-26003'", []);
  say(`  ERP now:  customer C-1005 lives at ${show(customer?.["street"])}, telephone ${show(customer?.["phone"])}`);
  say(`            order A-26003 is ${show(order?.["state"])}`);
}

async function findOne(work: Workplace, soql: string): Promise<string> {
  const answer = await work.ports.salesforce.query(soql);
  const id = answer[0]?.["Id"];
  if (typeof id !== "string") throw new Error(`The demo expected one record: ${soql}`);
  return id;
}

/** An edit by somebody else: plain REST, not through the connector. */
async function patch(work: Workplace, record: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
  const answer = await fetch(`${work.org.url}/services/data/v62.0/sobjects/${record}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${work.org.accessToken}`, "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  if (!answer.ok) throw new Error(`Salesforce refused the edit of ${record}: ${answer.status} ${await answer.text()}`);
}

async function stayUp(work: Workplace): Promise<void> {
  say(`\nThe org stays up at ${work.org.url} (user ${work.org.username}); stop with Ctrl+C.`);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

function show(value: unknown): string {
  return value === null || value === undefined ? "(empty)" : JSON.stringify(value);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  const message = error instanceof SyncError ? `${error.code}: ${error.message}` : String(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = error instanceof SyncError ? error.exitCode : 3;
}
