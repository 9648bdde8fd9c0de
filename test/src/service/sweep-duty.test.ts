import { expect, it } from "vitest";
import { pendingSweep } from "../../../src/engine/detect/pending-sweep.ts";
import { sweepTimesOf } from "../../../src/service/schedule.ts";
import { SweepDuty } from "../../../src/service/sweep-duty.ts";

const at = (instant: string): number => Date.parse(instant);
const SUNDAYS = sweepTimesOf({ sweep: "0 3 * * 0", timeZone: "UTC" });
const FRIDAY = at("2026-03-06T12:00:00Z");
const SUNDAY = at("2026-03-08T03:04:00Z");

it("a service sweeps after the first run that ends past the time, once", () => {
  const duty = new SweepDuty(SUNDAYS, FRIDAY);

  expect(duty.due({}, FRIDAY)).toBeNull();
  expect(duty.due({}, SUNDAY)).toBe("schedule");
  duty.begin(SUNDAY);
  duty.done({}, SUNDAY);
  expect(duty.due({}, SUNDAY + 60_000)).toBeNull();
  expect(duty.due({}, SUNDAY + 7 * 86_400_000)).toBe("schedule");
});

it("a service that has no times for it sweeps for as long as the state says that a sweep is pending", () => {
  const duty = new SweepDuty(sweepTimesOf({ sweep: null, timeZone: "UTC" }), FRIDAY);

  expect(duty.due({}, SUNDAY)).toBeNull();
  expect(duty.due(pendingSweep(FRIDAY), SUNDAY)).toBe("unseen deletions");
});

it.each(["breaks off", "leaves something pending"])(
  "a sweep that %s is made again after an hour, not after every run",
  (how) => {
    const duty = new SweepDuty(SUNDAYS, FRIDAY);
    const pending = pendingSweep(FRIDAY);
    const minutes = (count: number): number => FRIDAY + count * 60_000;

    duty.begin(FRIDAY);
    if (how === "leaves something pending") duty.done(pending, FRIDAY);
    expect(duty.due(pending, minutes(59))).toBeNull();
    expect(duty.due(pending, minutes(60))).toBe("unseen deletions");
    duty.begin(minutes(60));
    duty.done({}, minutes(60));
    expect(duty.due(pendingSweep(minutes(61)), minutes(62))).toBe("unseen deletions");
  },
);
