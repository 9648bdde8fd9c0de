#!/usr/bin/env bash
# Package:  croner 10.0.1, with 11.0.1 beside it
# Behavior: when clocks go back, nextRun(now) asked within the repeated hour answers with a time before `now`, as if the hour
#           had just begun for the first time; and a sequence of starts skips the repeated hour.
# Seen:     Europe/Berlin, 25 October 2026, "*/15 * * * *", asked at 01:00:04 UTC (02:00:04 local, for the second time):
#           10.0.1 answers 00:15:00 UTC, 45 minutes ago; 11.0.1 answers 01:15:00 UTC.
# Here:     src/service/schedule.ts, `firstAfter`, never lets a start be due in the past, whatever the package answers.
# Exit:     0 as long as both versions behave so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts croner10@npm:croner@10.0.1 croner11@npm:croner@11.0.1
cat > scan.mjs <<'JS'
const zones = [
  ["Europe/Berlin", "2026-10-25T00:00:00Z"],
  ["America/New_York", "2026-11-01T05:00:00Z"],
  ["America/Santiago", "2026-04-05T02:00:00Z"],
  ["Africa/Casablanca", "2026-02-15T01:00:00Z"],
];
const HOUR = 3_600_000;
const found = {};
for (const version of ["croner10", "croner11"]) {
  const { Cron } = await import(version);
  found[version] = 0;
  for (const [timezone, first] of zones) {
    const cron = new Cron("*/15 * * * *", { paused: true, timezone });
    let example;
    let past = 0;
    // From an hour before the hour that comes twice until an hour after it.
    for (let ms = Date.parse(first) - HOUR; ms < Date.parse(first) + 3 * HOUR; ms += 1000) {
      const next = cron.nextRun(new Date(ms));
      if (next.getTime() > ms) continue;
      past += 1;
      example ??= `asked at ${new Date(ms).toISOString()}, answers ${next.toISOString()}`;
    }
    console.log(`${version} ${timezone}: ${past} of 14400 answers lie in the past${example ? `; ${example}` : ""}`);
    found[version] += past;
  }
}
const asWritten = found.croner10 > 0 && found.croner11 === 0;
console.log(asWritten ? "as written down" : "this has changed");
process.exit(asWritten ? 0 : 1);
JS
node scan.mjs
