/** Every function that formulas know, by its name in capitals. */
import { DATES } from "./date.ts";
import type { FunctionTable } from "./function.ts";
import { LOGIC } from "./logic.ts";
import { MATH } from "./math.ts";
import { RECORDS } from "./record.ts";
import { TEXTS } from "./text.ts";

/** The table; a name that is not in it is no function. */
export const FUNCTIONS: FunctionTable = Object.assign(Object.create(null), LOGIC, MATH, DATES, TEXTS, RECORDS);
