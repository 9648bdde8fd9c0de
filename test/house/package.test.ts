/** What a user gets: the packed package works with production dependencies only, and the files to deploy it fit it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const manifestIn = (folder: string): Manifest => JSON.parse(read(join(folder, "package.json")));
const connector = manifestIn(".");
const mockOrg = manifestIn("mock-server");
/** What a test author gets with the mock org, itself included. */
const MOCK_ORG_PACKAGES_MAX = 40;
const MOCK_ORG_MB_MAX = 25;

describe.skipIf(!existsSync(join(ROOT, "dist/src/cli/bin.js")))(
  "the packed packages (skipped where npm run build has not been run)",
  () => {
    let folder: string;
    const installed = (name: string): string => join(folder, "node_modules", name);

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "packed-"));
      for (const [manifest, workspace] of [
        [connector, []],
        [mockOrg, ["--workspace", "mock-org"]],
      ] as const) {
        const packed = run("npm", ["pack", "--ignore-scripts", ...workspace, "--pack-destination", folder], ROOT);
        expect(packed.status, packed.stderr).toBe(0);
        mkdirSync(installed(manifest.name), { recursive: true });
        const tarball = join(folder, `${manifest.name}-${manifest.version}.tgz`);
        run("tar", ["-xzf", tarball, "-C", installed(manifest.name), "--strip-components=1"], folder);
      }
      // What npm would install beside them, and nothing that only developers have.
      for (const name of [...closureOf(connector), ...closureOf(mockOrg)].filter((name) => name !== "mock-org")) {
        mkdirSync(join(installed(name), ".."), { recursive: true });
        if (!existsSync(installed(name))) symlinkSync(join(ROOT, "node_modules", name), installed(name));
      }
    }, 60_000);
    afterAll(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    it.each(
      [connector, mockOrg].flatMap(({ name, bin }) =>
        Object.entries(bin).map(([command, path]) => [command, name, path]),
      ),
    )("run %s, from %s", (_command, name, path) => {
      const help = run(process.execPath, [join(installed(name), path), "--help"], folder);

      expect(help.status, help.stderr).toBe(0);
      expect(help.stdout).toContain("Usage:");
    });

    it("can be imported, and by a program that loads jsforce after them", () => {
      const script = `
        const { runOnce } = await import("salesforce-order-sync");
        const { createMockOrg } = await import("mock-org");
        const org = await createMockOrg();
        console.log(typeof runOnce, typeof org.listen);
        const { Connection } = await import("jsforce");
        console.log(typeof Connection);`;
      const { stdout, stderr } = run(process.execPath, ["--input-type=module", "-e", script], folder);

      expect(stdout, stderr).toBe("function function\nfunction\n");
    });

    it("find the mock org from the connector, whose demo starts it", () => {
      const script = `console.log(require("node:fs").existsSync(require("node:module").createRequire(process.argv[1]).resolve("mock-org/bin")))`;
      const demo = join(installed("salesforce-order-sync"), "dist/src/cli/demo.js");
      expect(run(process.execPath, ["-e", script, demo], folder).stdout).toBe("true\n");
    });

    it("hold what users need and nothing that only developers need", () => {
      const contents = (name: string) => readdirSync(installed(name)).sort();
      expect(contents("salesforce-order-sync")).toEqual([
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "dist",
        "docs",
        "examples",
        "package.json",
        "schema",
      ]);
      expect(contents("mock-org")).toEqual(["LICENSE", "README.md", "dist", "package.json"]);
      expect(readdirSync(join(installed("salesforce-order-sync"), "dist"))).toEqual(["src"]);
      expect(readdirSync(join(installed("mock-org"), "dist")).sort()).toEqual(["fixtures", "mock-server"]);
    });

    it("give a test author few packages that take little room", () => {
      const packages = closureOf(mockOrg);
      const bytes = [installed("mock-org"), ...packages.map((name) => join(ROOT, "node_modules", name))]
        .map(bytesIn)
        .reduce((sum, size) => sum + size, 0);
      expect(packages.length + 1).toBeLessThanOrEqual(MOCK_ORG_PACKAGES_MAX);
      expect(bytes / 1024 ** 2).toBeLessThanOrEqual(MOCK_ORG_MB_MAX);
      // The pages for users say how many.
      for (const page of ["README.md", "mock-server/README.md"])
        expect(read(page)).toContain(`${packages.length + 1} packages`);
    });

    it.each([
      ["salesforce-order-sync", connector, "dist/src"],
      ["mock-org", mockOrg, "mock-server/dist"],
    ])("of %s name every package that their code imports, and only those", (_name, manifest, dist) => {
      const imported = new Set(packagesImportedIn(join(ROOT, dist)));
      const named = Object.keys(manifest.dependencies);
      const optional = Object.keys(manifest.peerDependencies ?? {});

      expect([...imported].filter((name) => !named.includes(name) && !optional.includes(name))).toEqual([]);
      expect(named.filter((name) => !imported.has(name) && name !== "mock-org")).toEqual([]);
    });
  },
);

/** The packages that a package brings along, found as npm would have placed them here: all beside each other. */
function closureOf({ dependencies }: Pick<Manifest, "dependencies">): readonly string[] {
  const found = new Set<string>();
  const queue = Object.keys(dependencies);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const path = join("node_modules", name, "package.json");
    if (found.has(name) || !existsSync(join(ROOT, path))) continue;
    found.add(name);
    const own: Partial<Manifest> & { readonly optionalDependencies?: Readonly<Record<string, string>> } = JSON.parse(
      read(path),
    );
    queue.push(...Object.keys({ ...own.dependencies, ...own.optionalDependencies }));
  }
  return [...found].sort();
}

function bytesIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function packagesImportedIn(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
  return files.flatMap((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    // Statements and calls of the code itself: the mock org also writes imports into the code that it shows.
    const statements = text.matchAll(/^(?:import|export) (?:[^;]*? from )?"([^".][^"]*)";$/gm);
    const calls = text.matchAll(/\b(?:import|require|load)\("([^".][^"]*)"\)/g);
    return [...statements, ...calls]
      .map(([, name = ""]) => name)
      .filter((name) => /^@?[a-z]/.test(name) && !name.startsWith("node:"))
      .map((name) =>
        name
          .split("/")
          .slice(0, name.startsWith("@") ? 2 : 1)
          .join("/"),
      )
      .filter((name) => name !== "salesforce-order-sync" && name !== "mock-org");
  });
}

describe("the files in deploy/", () => {
  it.each(["deploy/Dockerfile", "deploy/mock-org.Dockerfile"])("%s copies what is there", (file) => {
    const copied = [...read(file).matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
      (match[1] ?? "").split(" "),
    );

    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  it("the images install the packages as npm packs them, and do not run as root", () => {
    for (const [file, workspace, command] of [
      ["deploy/Dockerfile", "npm pack --pack-destination /pack", "order-sync"],
      ["deploy/mock-org.Dockerfile", "npm pack --workspace mock-org --pack-destination /pack", "mock-org"],
    ] as const) {
      const text = read(file);
      expect(text).toContain(workspace);
      expect(text).toContain(`ENTRYPOINT ["${command}"`);
      expect(text).toMatch(/^USER node$/m);
    }
  });

  it("compose knows its services, waits for their health, and opens nothing to other machines", () => {
    const { services, volumes } = parse(read("deploy/compose.yaml"));

    expect(Object.keys(services)).toEqual(["database", "mock-org", "order-sync"]);
    for (const name of Object.keys(services["order-sync"].depends_on)) expect(services[name].healthcheck).toBeDefined();
    expect(services["order-sync"].ports).toEqual(["127.0.0.1:4890:4890"]);
    // A mock org that lost its records is another org, which the connector's state does not belong to.
    expect(services["mock-org"].command).toContain("--persist=/srv/order-sync/.order-sync/org.json");
    expect(services["mock-org"].volumes).toContain("org:/srv/order-sync/.order-sync");
    expect(Object.keys(volumes)).toContain("org");
  });

  it("the unit gives serve longer to stop than serve takes", () => {
    const text = read("deploy/order-sync.service");

    expect(Number(/TimeoutStopSec=(\d+)/.exec(text)?.[1])).toBeGreaterThan(10);
    expect(text).toContain("RestartPreventExitStatus=2");
  });

  it("CI runs on every supported Node", () => {
    const { jobs } = parse(read(".github/workflows/ci.yml"));

    expect(jobs.test.strategy.matrix.node).toEqual(["20", "22", "24"]);
    expect(jobs.test.steps.at(-1).run).toBe(".ci/run");
  });
});

function run(command: string, args: readonly string[], cwd: string) {
  return spawnSync(command, [...args], { cwd, encoding: "utf8" });
}
