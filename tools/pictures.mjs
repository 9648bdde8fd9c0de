// Takes the pictures of the README from the running pages: `node tools/pictures.mjs` after `npm run build`. Needs Chromium at
// /usr/bin/chromium, or where CHROMIUM says.
//
// A sample ERP is synced with a mock org; then people edit both sides, so that the pages have something to tell.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "libsql";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PICTURES = join(ROOT, "docs/pictures");
const ORDER_SYNC = join(ROOT, "dist/src/cli/bin.js");
const MOCK_ORG = join(ROOT, "dist/mock-server/bin.cjs");
const SIZE = { width: 1280, height: 800 };

const folder = mkdtempSync(join(tmpdir(), "pictures-"));
const children = [];
try {
  const [orgPort, pagesPort] = [await freePort(), await freePort()];
  const org = `http://127.0.0.1:${orgPort}`;
  command("init", "--sample-erp", "erp.db", "--install-change-log", "--login-url", org);
  await background(MOCK_ORG, ["start", "--port", orgPort, "--source-dir", "salesforce-metadata", "--json"], /accessToken/);
  command("run");
  await edits(org);
  await background(ORDER_SYNC, ["serve", "--port", pagesPort], /run finished/);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  const page = await browser.newPage({ viewport: SIZE, colorScheme: "light" });
  mkdirSync(PICTURES, { recursive: true });
  await page.goto(`http://127.0.0.1:${pagesPort}/`);
  await page.screenshot({ path: join(PICTURES, "dashboard.png") });
  await page.goto(`${org}/_mock/console`);
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: join(PICTURES, "console.png") });
  await browser.close();
  console.log(`${PICTURES}/dashboard.png\n${PICTURES}/console.png`);
} finally {
  for (const child of children) child.kill("SIGTERM");
  await Promise.all(children.filter((child) => child.exitCode === null).map((child) => once(child, "exit")));
  rmSync(folder, { recursive: true, force: true });
}

function command(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [ORDER_SYNC, ...args], { cwd: folder, encoding: "utf8" });
  if (status > 1) throw new Error(`order-sync ${args.join(" ")} ended with ${status}\n${stdout}${stderr}`);
}

/** Starts a program that stays, and waits until its output says so. */
async function background(file, args, ready) {
  const child = spawn(process.execPath, [file, ...args.map(String)], { cwd: folder });
  children.push(child);
  let said = "";
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (bytes) => {
        said += bytes;
        if (ready.test(said)) resolve();
      });
    child.once("exit", () => reject(new Error(`${file} ended: ${said}`)));
  });
}

/** What people do: a number and a name on one side, another number on the other, and a request that the org refuses. */
async function edits(org) {
  const form = new URLSearchParams({ grant_type: "password", username: "admin@mock.org", password: "mock-password", client_id: "mock-client", client_secret: "mock-secret" });
  const { access_token: token } = await (await fetch(`${org}/services/oauth2/token`, { method: "POST", body: form })).json();
  const call = (path, init = {}) =>
    fetch(`${org}/services/data/v62.0${path}`, { ...init, headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" } });
  const rows = async (soql) => (await (await call(`/query?q=${encodeURIComponent(soql)}`)).json()).records;
  const [account, other] = await rows("SELECT Id FROM Account ORDER BY Name LIMIT 2");
  const [order] = await rows("SELECT Id FROM Order WHERE StatusCode = 'Activated' LIMIT 1");
  const patch = (path, body) => call(path, { method: "PATCH", body: JSON.stringify(body) });
  await patch(`/sobjects/Account/${account.Id}`, { Phone: "+45 62 53 10 00" });
  await patch(`/sobjects/Account/${other.Id}`, { BillingCity: "Svendborg" });
  await call(`/sobjects/Order/${order.Id}`, { method: "DELETE" });
  const database = new Database(join(folder, "erp.db"));
  database.exec("UPDATE customers SET phone = '+45 62 53 99 99', city = 'Marstal'");
  database.close();
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
