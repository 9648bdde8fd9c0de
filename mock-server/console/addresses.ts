/** Where the console's pages are. They stand under `/_mock/console/`, beside the admin API and never among its paths. */

export const HOME = "/_mock/";
export const BASE = "/_mock/console";

/** A path below the console with a query string made of the members that have a value. */
export function address(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  const whole = path === HOME ? HOME : `${BASE}${path}`;
  return parts.length === 0 ? whole : `${whole}?${parts.join("&")}`;
}

/** The page of one record. */
export function recordAddress(object: string, id: string): string {
  return address(`/records/${encodeURIComponent(object)}/${encodeURIComponent(id)}`);
}

/** The page of one request in the journal. */
export function requestAddress(number: number): string {
  return address(`/requests/${number}`);
}

/** The life of one order. */
export function orderAddress(id: string): string {
  return address(`/orders/${encodeURIComponent(id)}`);
}
