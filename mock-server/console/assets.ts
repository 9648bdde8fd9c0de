/**
 * The style sheet, the script and the icon: served from the package under an address that changes with their content, so
 * that a browser keeps them for ever and never shows an old one.
 */
import { createHash } from "node:crypto";
import { BASE } from "./addresses.ts";
import { SCRIPT } from "./assets/script.ts";
import { STYLES } from "./assets/styles.ts";

/** The console's mark: a cloud made of dashes, because it is not the real one. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0b6b6b"/>' +
  '<path d="M10.5 22.5a4.5 4.5 0 0 1-.6-8.96A6.5 6.5 0 0 1 22.4 13.1a4.8 4.8 0 0 1-.9 9.4z" fill="none" stroke="#fff" ' +
  'stroke-width="2" stroke-linecap="round" stroke-dasharray="3.2 2.6"/></svg>\n';

/** One file that a page refers to. */
export interface Asset {
  readonly type: string;
  readonly content: string;
}

/** Where the files are. */
export interface AssetAddresses {
  readonly styles: string;
  readonly script: string;
  readonly icon: string;
}

interface Prepared {
  readonly addresses: AssetAddresses;
  readonly byName: ReadonlyMap<string, Asset>;
}

let prepared: Prepared | undefined;

/** The addresses of the files. */
export function assetAddresses(): AssetAddresses {
  return prepare().addresses;
}

/** The file with this name, for example `console.0a1b2c3d.css`; undefined where there is none. */
export function asset(name: string): Asset | undefined {
  return prepare().byName.get(name);
}

/** Hashing costs a millisecond that an org without a console does not pay. */
function prepare(): Prepared {
  if (prepared !== undefined) return prepared;
  const byName = new Map<string, Asset>();
  const place = (stem: string, ending: string, type: string, content: string): string => {
    const name = `${stem}.${createHash("sha256").update(content).digest("hex").slice(0, 12)}.${ending}`;
    byName.set(name, { type, content });
    return `${BASE}/assets/${name}`;
  };
  const addresses = {
    styles: place("console", "css", "text/css; charset=utf-8", STYLES),
    script: place("console", "js", "text/javascript; charset=utf-8", SCRIPT),
    icon: place("icon", "svg", "image/svg+xml", ICON),
  };
  prepared = { addresses, byName };
  return prepared;
}
