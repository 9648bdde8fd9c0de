/** What strangers find first: the pages and files of the repository that are not code, and whether they still tell the truth. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, "utf8");
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CODE_OF_CONDUCT.md",
  "mock-server/README.md",
  "examples/README.md",
];

describe("the pages for newcomers", () => {
  it.each(
    PAGES.flatMap((page) => [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = ""]) => [page, path])),
  )("%s links to %s, which is there", (page, path) => {
    expect(existsSync(new URL(path, new URL(page, `file://${ROOT}`)))).toBe(true);
  });

  it.each(
    [...read("CONTRIBUTING.md").matchAll(/`((?:src|mock-server|fixtures|test|docs|tools)\/[\w./-]+)`/g)].map(
      ([, path = ""]) => [path],
    ),
  )("CONTRIBUTING.md names %s, which is there", (path) => {
    expect(existsSync(`${ROOT}${path}`)).toBe(true);
  });

  it("CONTRIBUTING.md names only commands that there are", () => {
    const { scripts } = JSON.parse(read("package.json"));
    const named = [...read("CONTRIBUTING.md").matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it("the README begins with what the project is, how to install it, and what it looks like", () => {
    const parts = [
      "`order-sync` keeps",
      "`mock-org` is",
      "npm install salesforce-order-sync",
      "dashboard.png",
      "console.png",
      "```mermaid",
    ];
    const places = parts.map((part) => read("README.md").indexOf(part));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });
});

describe("the packages", () => {
  it.each(["package.json", "mock-server/package.json"])("%s says where it comes from", (path) => {
    const { repository, homepage, bugs, keywords, description, license } = JSON.parse(read(path));
    expect(repository.url).toMatch(/^git\+https:\/\/.+\.git$/);
    expect([homepage, bugs].every((address: string) => address.startsWith("https://"))).toBe(true);
    expect(keywords).toContain("salesforce");
    expect([description, license]).toEqual([expect.any(String), "MIT"]);
  });

  it.each(["package.json", "mock-server/package.json"])("%s names its command as npm publishes it", (path) => {
    // npm 11 takes a path that begins with a dot for invalid and publishes the package without its command.
    for (const file of Object.values<string>(JSON.parse(read(path)).bin)) expect(file).toMatch(/^dist\//);
  });

  it("have one version, and the connector depends on exactly that mock org", () => {
    const [connector, mockOrg] = ["package.json", "mock-server/package.json"].map((path) => JSON.parse(read(path)));
    expect(mockOrg.version).toBe(connector.version);
    expect(connector.dependencies["mock-org"]).toBe(connector.version);
  });

  it(".nvmrc names a Node that they run on and that CI tests", () => {
    const { jobs } = parse(read(".github/workflows/ci.yml"));
    expect(jobs.test.strategy.matrix.node).toContain(read(".nvmrc").trim());
  });
});

describe("the repository's forms and workflows", () => {
  const templates = readdirSync(`${ROOT}.github/ISSUE_TEMPLATE`).filter((file) => file !== "config.yml");

  it.each(templates)("the form %s asks for something", (file) => {
    const { name, description, body } = parse(read(`.github/ISSUE_TEMPLATE/${file}`));
    expect([name, description]).toEqual([expect.any(String), expect.any(String)]);
    for (const { id, type, attributes } of body) {
      expect([id, type]).toEqual([expect.any(String), expect.stringMatching(/^(?:input|textarea)$/)]);
      expect(attributes.label).toEqual(expect.any(String));
    }
    expect(body.some((question: { validations?: { required: boolean } }) => question.validations?.required)).toBe(true);
  });

  it("a release is tested on the Nodes of CI before it is published, with provenance", () => {
    const release = parse(read(".github/workflows/release.yml"));
    const ci = parse(read(".github/workflows/ci.yml"));
    expect(release.jobs.test.strategy.matrix).toEqual(ci.jobs.test.strategy.matrix);
    expect(release.jobs.publish.needs).toBe("test");
    expect(release.jobs.publish.permissions["id-token"]).toBe("write");
    expect(read("tools/release.mjs")).toContain('"--provenance"');
  });

  it("Dependabot looks after every place with dependencies", () => {
    const { updates } = parse(read(".github/dependabot.yml"));
    const places = updates.map(
      ({ "package-ecosystem": kind, directory }: Record<string, string>) => `${kind} ${directory}`,
    );
    expect(places).toEqual(["npm /", "npm /tools", "github-actions /", "docker /deploy"]);
  });
});
