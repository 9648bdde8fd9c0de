/** Great-circle distance for DISTANCE(). Source of the formula: haversine on a sphere; Salesforce names no radius. */
import type { FieldValue } from "../../schema/definition.ts";

const EARTH_RADIUS = { km: 6371.0088, mi: 3958.7613 } as const;

/** The distance between two places in degrees; null where the first has no coordinates. */
export function distanceBetween(
  from: { readonly latitude: FieldValue; readonly longitude: FieldValue },
  to: { readonly latitude: number; readonly longitude: number },
  unit: "mi" | "km",
): number | null {
  if (typeof from.latitude !== "number" || typeof from.longitude !== "number") return null;
  const [lat1, lat2] = [radians(from.latitude), radians(to.latitude)];
  const half = (a: number, b: number) => Math.sin((b - a) / 2) ** 2;
  const h = half(lat1, lat2) + Math.cos(lat1) * Math.cos(lat2) * half(radians(from.longitude), radians(to.longitude));
  return 2 * EARTH_RADIUS[unit] * Math.asin(Math.min(1, Math.sqrt(h)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
