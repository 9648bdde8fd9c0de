/** Everything that the demo runs on: a folder, an ERP, a mock org, and the connector's ports between them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { keyFieldMetadata } from "../../config/metadata.ts";
import { randomId } from "../../engine/context/context.ts";
import type { EnginePorts } from "../../engine/context/ports.ts";
import { externalConfigSchema } from "../../external/config.ts";
import { openExternal } from "../../external/open.ts";
import { installChangeLog } from "../../external/sql/install.ts";
import { compileMapping } from "../../mapping/compile.ts";
import type { Mapping } from "../../mapping/mapping.ts";
import { SalesforceConfig } from "../../salesforce/config.ts";
import { createSalesforceOrg } from "../../salesforce/org.ts";
import { openStateStore } from "../../state/open.ts";
import { type ErpContent, fillErp } from "./erp.ts";
import { DEMO_MAPPING } from "./mapping.ts";
import { ORDER_STATUS_FILE } from "./metadata.ts";
import { type MockProcess, startMockOrg } from "./mock-process.ts";

/** The demo's workplace; `close` stops the org and removes the folder. */
export interface Workplace {
  readonly org: MockProcess;
  readonly erpFile: string;
  readonly erp: ErpContent;
  readonly ports: Omit<EnginePorts, "observe">;
  close(): Promise<void>;
}

/** Sets everything up in a new folder below the system's temporary one. */
export async function openWorkplace(): Promise<Workplace> {
  const folder = mkdtempSync(join(tmpdir(), "order-sync-demo-"));
  const closing: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of closing.reverse()) await step();
  };
  try {
    const mapping = demoMapping();
    const sourceDir = join(folder, "sfdx");
    for (const file of [...keyFieldMetadata(mapping), ORDER_STATUS_FILE]) {
      const path = join(sourceDir, file.path);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, file.text);
    }
    const org = await startMockOrg({ sourceDir });
    closing.push(() => org.stop());

    const erpFile = join(folder, "erp.db");
    const erp = fillErp(erpFile);
    const externalConfig = externalConfigSchema.parse({
      kind: "sql",
      name: mapping.source,
      url: `file:${erpFile}`,
      collections: {
        customers: { table: "customers", key: ["customer_no"] },
        contracts: { table: "contracts", key: ["contract_no"] },
        products: { table: "products", key: ["sku"] },
        prices: { table: "products", key: ["sku"] },
        orders: {
          table: "orders",
          key: ["order_no"],
          lines: { table: "order_lines", parentKey: ["order_no"], key: ["line_no"] },
        },
      },
    });
    if (externalConfig.kind === "sql") await installChangeLog(externalConfig);
    const external = await openExternal(externalConfig);
    closing.push(() => external.close());

    const state = await openStateStore(`file:${join(folder, "state.db")}`);
    closing.push(() => state.close());
    await state.migrate();

    const salesforce = createSalesforceOrg(
      SalesforceConfig.parse({
        loginUrl: org.url,
        auth: {
          kind: "password",
          username: org.username,
          password: org.password,
          clientId: org.clientId,
          clientSecret: org.clientSecret,
        },
      }),
    );
    closing.push(() => salesforce.close());
    return {
      org,
      erpFile,
      erp,
      close,
      ports: { mapping, salesforce, external, state, nowMs: Date.now, newId: randomId },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function demoMapping(): Mapping {
  const compiled = compileMapping(DEMO_MAPPING);
  if (compiled.ok) return compiled.mapping;
  throw new Error(compiled.problems.map((problem) => `${problem.path} ${problem.message}`).join("\n"));
}
