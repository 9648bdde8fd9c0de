/** Functions of numbers, angles and places. */
import { FormulaError } from "../error.ts";
import { compare, finite, type Num, negate, remainder, rounded, toNumber, whole } from "../number.ts";
import { asNumber, asPlace, asText } from "../types.ts";
import { ARGUMENTS_MAX, argument, type FunctionTable, numbers, withAll } from "./function.ts";

/** Kilometers and miles of the earth's mean radius [memory: Salesforce names none; fitted to published results, platform §6]. */
const EARTH_RADIUS: Readonly<Record<string, number>> = { km: 6371.009, mi: 3958.761 };

/** Rounding, powers, trigonometry, DISTANCE. */
export const MATH: FunctionTable = {
  ABS: numbers(1, 1, (value = 0) => (compare(value, 0) < 0 ? negate(value) : value)),
  // CEILING and FLOOR go by magnitude, MCEILING and MFLOOR along the number line.
  CEILING: numbers(1, 1, (value = 0) => whole(value, "up")),
  FLOOR: numbers(1, 1, (value = 0) => whole(value, "down")),
  MCEILING: numbers(1, 1, (value = 0) => whole(value, "ceiling")),
  MFLOOR: numbers(1, 1, (value = 0) => whole(value, "floor")),
  ROUND: numbers(2, 2, (value = 0, scale = 0) => rounded(value, Math.trunc(toNumber(scale)), "halfUp")),
  TRUNC: numbers(1, 2, (value = 0, scale = 0) => rounded(value, Math.trunc(toNumber(scale)), "down")),
  MOD: numbers(2, 2, (value = 0, divisor = 0) => remainder(value, divisor)),
  MAX: numbers(1, ARGUMENTS_MAX, (first = 0, ...rest) => rest.reduce((a, b) => (compare(b, a) > 0 ? b : a), first)),
  MIN: numbers(1, ARGUMENTS_MAX, (first = 0, ...rest) => rest.reduce((a, b) => (compare(b, a) < 0 ? b : a), first)),
  SQRT: numbers(1, 1, (value = 0) => {
    if (compare(value, 0) < 0) throw new FormulaError("square root of a negative number");
    return double(Math.sqrt, value);
  }),
  EXP: numbers(1, 1, (value = 0) => double(Math.exp, value)),
  LN: numbers(1, 1, (value = 0) => double(Math.log, positive(value))),
  LOG: numbers(1, 1, (value = 0) => double(Math.log10, positive(value))),
  PI: numbers(0, 0, () => Math.PI),
  SIN: numbers(1, 1, (value = 0) => double(Math.sin, value)),
  COS: numbers(1, 1, (value = 0) => double(Math.cos, value)),
  TAN: numbers(1, 1, (value = 0) => double(Math.tan, value)),
  ASIN: numbers(1, 1, (value = 0) => double(Math.asin, value)),
  ACOS: numbers(1, 1, (value = 0) => double(Math.acos, value)),
  ATAN: numbers(1, 1, (value = 0) => double(Math.atan, value)),
  ATAN2: {
    min: 2,
    max: 2,
    bind: (args, call) => {
      const y = asNumber(argument(args, 0), call);
      const x = asNumber(argument(args, 1), call);
      return {
        type: "number",
        run: (scope) => {
          const [a, b] = [y(scope), x(scope)];
          if (a === null || b === null) throw new FormulaError("ATAN2 of an empty number");
          return finite(Math.atan2(toNumber(a), toNumber(b)));
        },
      };
    },
  },
  GEOLOCATION: {
    min: 2,
    max: 2,
    bind: (args, call) => {
      const latitude = asNumber(argument(args, 0), call);
      const longitude = asNumber(argument(args, 1), call);
      return {
        type: "location",
        run: (scope) => {
          const [a, b] = [latitude(scope), longitude(scope)];
          if (a === null && b === null) return null;
          if (a === null || b === null) throw new FormulaError("a place needs both a latitude and a longitude");
          if (Math.abs(toNumber(a)) > 90 || Math.abs(toNumber(b)) > 180)
            throw new FormulaError("a latitude is at most 90 degrees and a longitude at most 180");
          return { latitude: a, longitude: b };
        },
      };
    },
  },
  DISTANCE: {
    min: 3,
    max: 3,
    bind: (args, call) => {
      const places = [asPlace(argument(args, 0), call), asPlace(argument(args, 1), call)];
      const unit = asText(argument(args, 2), call);
      const node = call.nodes[2];
      if (node?.kind === "text" && EARTH_RADIUS[node.value] === undefined)
        throw new FormulaError(`DISTANCE takes the unit 'mi' or 'km', not '${node.value}'`, { position: node.at });
      return {
        type: "number",
        run: (scope) => {
          const radius = EARTH_RADIUS[unit(scope)];
          if (radius === undefined) throw new FormulaError("DISTANCE takes the unit 'mi' or 'km'");
          return withAll(places, scope, ([a, b]) => {
            if (a === undefined || b === undefined) throw new Error("DISTANCE has two places");
            return finite(radius * angle(a, b));
          });
        },
      };
    },
  },
  CURRENCYRATE: {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const code = asText(argument(args, 0), call);
      return {
        type: "number",
        run: (scope) => {
          const iso = code(scope);
          const rate = scope.context.find?.("CurrencyType", { field: "IsoCode", value: iso })?.["ConversionRate"];
          if (typeof rate !== "number") throw new FormulaError(`the org has no currency ${iso}`);
          return rate;
        },
      };
    },
  },
};

interface Point {
  readonly latitude: Num;
  readonly longitude: Num;
}

/** The central angle between two places (haversine). */
function angle(a: Point, b: Point): number {
  const radians = (degrees: Num): number => (toNumber(degrees) * Math.PI) / 180;
  const [fromLatitude, toLatitude] = [radians(a.latitude), radians(b.latitude)];
  const dLatitude = (toLatitude - fromLatitude) / 2;
  const dLongitude = (radians(b.longitude) - radians(a.longitude)) / 2;
  const h = Math.sin(dLatitude) ** 2 + Math.cos(fromLatitude) * Math.cos(toLatitude) * Math.sin(dLongitude) ** 2;
  return 2 * Math.asin(Math.min(1, Math.sqrt(h)));
}

function double(of: (value: number) => number, value: Num): Num {
  return finite(of(toNumber(value)));
}

function positive(value: Num): Num {
  if (compare(value, 0) <= 0) throw new FormulaError("logarithm of a number that is not positive");
  return value;
}
