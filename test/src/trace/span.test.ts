import { type Attributes, SpanStatusCode, type TracerProvider, trace } from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { SyncError } from "../../../src/errors.ts";
import { inSpan } from "../../../src/trace/span.ts";
import { Shop } from "../engine/shop.ts";

interface Seen {
  readonly name: string;
  readonly attributes: Record<string, unknown>;
  readonly parent: string | null;
  status: unknown;
  ended: boolean;
}

/** What an SDK would do, as far as spans are made here. */
function register(): readonly Seen[] {
  const seen: Seen[] = [];
  const open: Seen[] = [];
  const startActiveSpan = async (
    name: string,
    { attributes }: { readonly attributes: Attributes },
    work: (span: object) => Promise<unknown>,
  ): Promise<unknown> => {
    const one: Seen = {
      name,
      attributes: { ...attributes },
      parent: open.at(-1)?.name ?? null,
      status: null,
      ended: false,
    };
    seen.push(one);
    open.push(one);
    return await work({
      setAttribute: (key: string, value: unknown) => {
        one.attributes[key] = value;
      },
      setAttributes: (more: Attributes) => Object.assign(one.attributes, more),
      setStatus: (status: unknown) => {
        one.status = status;
      },
      end: () => {
        one.ended = true;
        open.splice(open.indexOf(one), 1);
      },
    });
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startActiveSpan }) } as unknown as TracerProvider);
  return seen;
}

afterEach(() => {
  trace.disable();
});

describe("spans", () => {
  it("show a run, its passes and their calls, one inside the other, with counts and no values", async () => {
    const seen = register();
    const shop = await Shop.open();
    shop.batch(2);
    await shop.run();

    const run = seen.find(({ name }) => name === "order_sync.run");
    const pass = seen.find(({ name }) => name === "order_sync.pass");
    const write = seen.find(({ name, parent }) => name.startsWith("salesforce ") && parent === "order_sync.pass");
    expect(run).toMatchObject({ parent: null, attributes: { "order_sync.source": "erp", "order_sync.unsynced": 0 } });
    expect(pass).toMatchObject({ parent: "order_sync.run", attributes: { "order_sync.object": "Account" } });
    expect(write?.attributes).toMatchObject({ "http.response.status_code": 200 });
    expect(seen.every(({ ended }) => ended)).toBe(true);
    expect(JSON.stringify(seen)).not.toContain("Customer 0");
  });

  it("are marked by the code of a failure, not by its message", async () => {
    const [span] = [register()];
    const failing = inSpan("work", {}, async () => {
      throw new SyncError("STATE_LOCKED", "state of customer Jensen is locked");
    });
    await expect(failing).rejects.toThrow("Jensen");
    expect(span[0]?.status).toEqual({ code: SpanStatusCode.ERROR, message: "STATE_LOCKED" });
  });

  it("do nothing where nobody traces", async () => {
    expect(await inSpan("work", {}, async () => 7)).toBe(7);
  });
});
