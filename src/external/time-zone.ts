/** The zone of an external system's clocks, as every adapter's configuration names it. */
import { z } from "zod";
import { isZone } from "../model/instant.ts";

/** `external.timeZone`. */
export const timeZoneSchema = z
  .string()
  .refine(isZone, "must be an IANA time zone, for example Europe/Berlin")
  .optional()
  .describe(
    "IANA zone of dates with a time that name no zone themselves, and of the day of a moment that is mapped to a date. A field's own convert.datetime.zone or convert.date.zone goes before it.",
  );
