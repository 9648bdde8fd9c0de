/** The API versions of an org. Source: rest-api §1.2, §1.4. */

/** The oldest version that still lives; 21.0 to 30.0 were retired in Summer '25. */
const OLDEST_LIVE_VERSION = 31;
const OLDEST_KNOWN_VERSION = 7;
/** Versions that answer with a warning until they retire in Summer '28. */
const LAST_DEPRECATED_VERSION = 40;

/** The newest version of an org unless its options say otherwise (Summer '26). */
export const NEWEST_VERSION = 67;

/** The versions that an org answers, both ends included. */
export interface VersionRange {
  readonly oldest: number;
  readonly newest: number;
}

/** What an address's version segment means to an org. */
export type VersionVerdict =
  | { readonly kind: "live"; readonly version: number; readonly warning: string | undefined }
  | { readonly kind: "retired" }
  | { readonly kind: "unknown" };

/** Every version from 31.0 to the given one. */
export function versionRange(newest: number = NEWEST_VERSION): VersionRange {
  return { oldest: OLDEST_LIVE_VERSION, newest };
}

/** Checks a segment such as `v62.0`. */
export function checkVersion(range: VersionRange, segment: string): VersionVerdict {
  const digits = /^v(\d{1,3})\.0$/.exec(segment)?.[1];
  if (digits === undefined) return { kind: "unknown" };
  const version = Number(digits);
  if (version >= range.oldest && version <= range.newest) {
    return { kind: "live", version, warning: version <= LAST_DEPRECATED_VERSION ? DEPRECATION : undefined };
  }
  return version >= OLDEST_KNOWN_VERSION && version < range.oldest ? { kind: "retired" } : { kind: "unknown" };
}

const DEPRECATION =
  "299 - \"This API is deprecated and will be removed by Summer '28. " +
  'Please see https://help.salesforce.com/articleView?id=000381744 for details."';

/** The body of `GET /services/data`: all versions, oldest first. */
export function versionList(range: VersionRange): readonly Record<string, string>[] {
  return Array.from({ length: range.newest - range.oldest + 1 }, (_, index) => {
    const version = range.oldest + index;
    return { label: versionLabel(version), url: `/services/data/v${version}.0`, version: `${version}.0` };
  });
}

/** Three releases a year: 31.0 is Summer '14, 32.0 is Winter '15, 33.0 is Spring '15. */
function versionLabel(version: number): string {
  const release = version - OLDEST_LIVE_VERSION;
  const season = ["Summer", "Winter", "Spring"][release % 3] ?? "";
  const year = 14 + Math.floor(release / 3) + (release % 3 === 0 ? 0 : 1);
  // Real orgs spell one single label with a typographic apostrophe.
  return `${season} ${version === 42 ? "’" : "'"}${year}`;
}
