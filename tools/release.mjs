// Publishes both packages of a tag: `node tools/release.mjs --publish`. Without `--publish` it only tries, with npm's own dry run.
//
// Refuses where the tag, the versions of the packages and the newest section of the changelog do not agree.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const publish = process.argv.includes("--publish");
const manifest = (path) => JSON.parse(readFileSync(path, "utf8"));
const connector = manifest("package.json");
const mockOrg = manifest("mock-server/package.json");
const troubles = troublesOf(process.env.GITHUB_REF_NAME);
if (publish && troubles.length > 0) {
  console.error(troubles.join("\n"));
  process.exit(1);
}
for (const trouble of troubles) console.log(`before a release: ${trouble}`);
// The mock org first: the connector depends on it.
for (const where of [["--workspace", "mock-org"], []]) {
  const args = ["publish", ...where, "--access", "public", ...(publish ? ["--provenance"] : ["--dry-run", "--tag", "try"])];
  console.log(`npm ${args.join(" ")}`);
  const { status } = spawnSync("npm", args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/** What does not agree, in sentences. */
function troublesOf(tag) {
  const { version } = connector;
  const heading = /^## (?!Unreleased)\[?(\d+\.\d+\.\d+)/m.exec(readFileSync("CHANGELOG.md", "utf8"))?.[1];
  return [
    tag === `v${version}` ? "" : `the tag is ${tag ?? "missing"} and package.json says ${version}`,
    mockOrg.version === version ? "" : `mock-server/package.json says ${mockOrg.version} and package.json says ${version}`,
    connector.dependencies["mock-org"] === version ? "" : `package.json depends on mock-org ${connector.dependencies["mock-org"]}`,
    heading === version ? "" : `the newest version in CHANGELOG.md is ${heading ?? "missing"}`,
  ].filter((trouble) => trouble !== "");
}
