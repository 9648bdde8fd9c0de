/** What a user gets: the packed package works with production dependencies only, and the files to deploy it fit it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const manifest: {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
} = JSON.parse(read("package.json"));

describe.skipIf(!existsSync(join(ROOT, "dist/src/cli/bin.js")))(
  "the packed package (skipped where npm run build has not been run)",
  () => {
    let folder: string;
    let installed: string;

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "packed-"));
      const packed = run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], ROOT);
      expect(packed.status, packed.stderr).toBe(0);
      const modules = join(folder, "node_modules");
      installed = join(modules, "salesforce-order-sync");
      mkdirSync(installed, { recursive: true });
      const [tarball = ""] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
      run("tar", ["-xzf", join(folder, tarball), "-C", installed, "--strip-components=1"], folder);
      // Everything but what only developers have, as `npm install --omit=dev` would leave it.
      for (const name of readdirSync(join(ROOT, "node_modules"))) {
        if (name.startsWith(".") || name in manifest.devDependencies || name === "@vitest" || name === "@types")
          continue;
        symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
      }
    }, 60_000);
    afterAll(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    it.each(Object.entries(manifest.bin))("runs %s", (_name, path) => {
      const help = run(process.execPath, [join(installed, path), "--help"], folder);

      expect(help.status, help.stderr).toBe(0);
      expect(help.stdout).toContain("Usage:");
    });

    it("can be imported by both entry points, and by a program that loads jsforce after it", () => {
      const script = `
        const { runOnce } = await import("salesforce-order-sync");
        const { createMockOrg } = await import("salesforce-order-sync/mock-server");
        await using org = await createMockOrg();
        console.log(typeof runOnce, typeof org.listen);
        const { Connection } = await import("jsforce");
        console.log(typeof Connection);`.replace("await using", "const");
      const { stdout, stderr } = run(process.execPath, ["--input-type=module", "-e", script], folder);

      expect(stdout, stderr).toBe("function function\nfunction\n");
    });

    it("holds the schema, the documents and no tests", () => {
      expect(existsSync(join(installed, "schema/order-sync.schema.json"))).toBe(true);
      expect(existsSync(join(installed, "docs/operating.md"))).toBe(true);
      expect(existsSync(join(installed, "test"))).toBe(false);
      expect(existsSync(join(installed, "src"))).toBe(false);
    });

    it("names every package that its code imports", () => {
      const files = readdirSync(join(ROOT, "dist"), { recursive: true, encoding: "utf8" }).filter((file) =>
        file.endsWith(".js"),
      );
      const imported = files.flatMap((file) =>
        // Statements only: the mock org also writes imports into the code that it shows.
        [...read(`dist/${file}`).matchAll(/^(?:import|export) (?:[^;]*? from )?"([^".][^"]*)";$/gm)].map(
          (match) => match[1] ?? "",
        ),
      );
      const packages = imported
        .filter(
          (name) => /^@?[a-z]/.test(name) && !name.startsWith("node:") && !name.startsWith("salesforce-order-sync"),
        )
        .map((name) =>
          name
            .split("/")
            .slice(0, name.startsWith("@") ? 2 : 1)
            .join("/"),
        );

      expect([...new Set(packages)].filter((name) => !(name in manifest.dependencies))).toEqual([]);
    });
  },
);

describe("the files in deploy/", () => {
  it("the Dockerfile copies what is there", () => {
    const copied = [...read("deploy/Dockerfile").matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
      (match[1] ?? "").split(" "),
    );

    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  it("the Dockerfile runs files that the build makes, not as root", () => {
    const text = read("deploy/Dockerfile");

    for (const path of Object.values(manifest.bin)) expect(text).toContain(`/app/${path.replace("./", "")}`);
    expect(text).toMatch(/^USER node$/m);
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
