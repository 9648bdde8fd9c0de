import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { refuseWebhook, type WebhookConfig, webhookConfigSchema } from "../../../src/external/http/webhook.ts";

const secret = "a shared secret of some length";
const sign = (text: string, encoding: "hex" | "base64" = "hex"): string =>
  createHmac("sha256", secret).update(text).digest(encoding);

/** Whether the call is genuine. */
function knock(
  body: string,
  headers: Readonly<Record<string, string>>,
  { facts = {}, nowMs = 0 }: { readonly facts?: Partial<WebhookConfig>; readonly nowMs?: number } = {},
): boolean {
  const config = webhookConfigSchema.parse({ secret, ...facts });
  const call = { header: (name: string) => headers[name], body: new TextEncoder().encode(body), nowMs };
  const refusal = refuseWebhook(config, call);
  expect(refusal ?? "").not.toContain(sign(body));
  return refusal === undefined;
}

describe("a webhook", () => {
  it("takes a body with the right signature", () => {
    expect(knock('{"id":1}', { "x-signature-256": `sha256=${sign('{"id":1}')}` })).toBe(true);
  });

  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ["no signature", {}],
    ["a signature of another body", { "x-signature-256": `sha256=${sign("{}")}` }],
    ["a signature without its prefix", { "x-signature-256": sign('{"id":1}') }],
    ["a cut-off signature", { "x-signature-256": `sha256=${sign('{"id":1}').slice(0, 10)}` }],
    ["an empty signature", { "x-signature-256": "sha256=" }],
  ])("refuses a call with %s, without telling the right one", (_, headers) => {
    expect(knock('{"id":1}', headers)).toBe(false);
  });

  it("takes Base64 and other headers", () => {
    const facts = { header: "x-shop-hmac", encoding: "base64", prefix: "" } as const;
    expect(knock("{}", { "x-shop-hmac": sign("{}", "base64") }, { facts })).toBe(true);
  });

  it("refuses a call that is replayed after the tolerance, and a changed time", () => {
    const facts = { timestamp: { header: "x-time", toleranceMs: 300_000 } };
    const signature = { "x-signature-256": `sha256=${sign("1000.{}")}` };
    const isTaken = (nowMs: number, time: Readonly<Record<string, string>> = { "x-time": "1000" }): boolean =>
      knock("{}", { ...signature, ...time }, { facts, nowMs });

    expect(isTaken(1_300_000)).toBe(true);
    expect(isTaken(1_300_001)).toBe(false);
    expect(isTaken(1_300_001, { "x-time": "1001" })).toBe(false);
    expect(isTaken(1_000_000, {})).toBe(false);
  });
});
