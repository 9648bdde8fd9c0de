/** A real browser for the tests of pages. They are skipped by name where there is no Chromium at the usual place. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Chromium is looked for. */
export const CHROMIUM = "/usr/bin/chromium";

/** True where it is there. */
export const chromiumIsHere = (): boolean => existsSync(CHROMIUM);

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts it without a window and without anything that calls home. */
export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}
