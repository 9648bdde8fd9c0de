import { expect, it } from "vitest";
import { sweepTimesOf } from "../../../src/engine/schedule.ts";
import { SweepDuty } from "../../../src/engine/sweep-duty.ts";

const at = (instant: string): number => Date.parse(instant);
const SUNDAYS = sweepTimesOf({ sweep: "0 3 * * 0", timeZone: "UTC" });
const FRIDAY = at("2026-03-06T12:00:00Z");
const SUNDAY = at("2026-03-08T03:04:00Z");
const QUIET = { unseenDeletes: [] };

it("a service sweeps after the first run that ends past the time, once", () => {
  const duty = new SweepDuty(SUNDAYS, FRIDAY);

  expect(duty.after(QUIET, FRIDAY)).toBeNull();
  expect(duty.after(QUIET, SUNDAY)).toBe("schedule");
  duty.done(SUNDAY);
  expect(duty.after(QUIET, SUNDAY + 60_000)).toBeNull();
  expect(duty.after(QUIET, SUNDAY + 7 * 86_400_000)).toBe("schedule");
});

it("a service that has no times for it sweeps when a run may have missed deletions, until a sweep went through", () => {
  const duty = new SweepDuty(sweepTimesOf({ sweep: null, timeZone: "UTC" }), FRIDAY);

  expect(duty.after(QUIET, SUNDAY)).toBeNull();
  expect(duty.after({ unseenDeletes: ["Order"] }, SUNDAY)).toBe("unseen deletions");
  expect(duty.after(QUIET, SUNDAY + 60_000)).toBe("unseen deletions");
  duty.done(SUNDAY + 60_000);
  expect(duty.after(QUIET, SUNDAY + 120_000)).toBeNull();
});
