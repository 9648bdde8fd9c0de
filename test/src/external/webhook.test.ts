import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  createWebhook,
  WEBHOOK_BODY_BYTES_MAX,
  type WebhookConfig,
  webhookConfigSchema,
} from "../../../src/external/http/webhook.ts";

const secret = "a shared secret of some length";
const sign = (text: string, encoding: "hex" | "base64" = "hex"): string =>
  createHmac("sha256", secret).update(text).digest(encoding);

function door(facts: Partial<WebhookConfig> = {}, nowMs = 0) {
  let woken = 0;
  const config = webhookConfigSchema.parse({ secret, ...facts });
  const app = createWebhook(
    config,
    () => void (woken += 1),
    () => nowMs,
  );
  const knock = (body: string, headers: Record<string, string>) => app.request("/", { method: "POST", body, headers });
  return { knock, woken: () => woken };
}

describe("a webhook", () => {
  it("wakes the sync for a body with the right signature", async () => {
    const { knock, woken } = door();
    const answer = await knock('{"id":1}', { "x-signature-256": `sha256=${sign('{"id":1}')}` });
    expect([answer.status, woken()]).toEqual([202, 1]);
  });

  it.each([
    ["no signature", {}],
    ["a signature of another body", { "x-signature-256": `sha256=${sign("{}")}` }],
    ["a signature without its prefix", { "x-signature-256": sign('{"id":1}') }],
    ["a cut-off signature", { "x-signature-256": `sha256=${sign('{"id":1}').slice(0, 10)}` }],
    ["an empty signature", { "x-signature-256": "sha256=" }],
  ])("lets a call with %s sleep", async (_, headers) => {
    const { knock, woken } = door();
    const answer = await knock('{"id":1}', headers);
    expect([answer.status, woken()]).toEqual([401, 0]);
    expect(await answer.text()).not.toContain(sign('{"id":1}'));
  });

  it("takes Base64 and other headers", async () => {
    const { knock, woken } = door({ header: "x-shop-hmac", encoding: "base64", prefix: "" });
    await knock("{}", { "x-shop-hmac": sign("{}", "base64") });
    expect(woken()).toBe(1);
  });

  it("refuses a call that is replayed after the tolerance, and a changed time", async () => {
    const timestamp = { header: "x-time", toleranceMs: 300_000 };
    const call = { "x-signature-256": `sha256=${sign("1000.{}")}`, "x-time": "1000" };
    const statusAt = async (nowMs: number, headers: Record<string, string> = call): Promise<number> =>
      (await door({ timestamp }, nowMs).knock("{}", headers)).status;

    expect(await statusAt(1_300_000)).toBe(202);
    expect(await statusAt(1_300_001)).toBe(401);
    expect(await statusAt(1_300_001, { ...call, "x-time": "1001" })).toBe(401);
    expect(await statusAt(1_000_000, { "x-signature-256": call["x-signature-256"] })).toBe(401);
  });

  it("reads no body beyond its limit", async () => {
    const { knock, woken } = door();
    const whole = "x".repeat(WEBHOOK_BODY_BYTES_MAX);
    expect((await knock(whole, { "x-signature-256": `sha256=${sign(whole)}` })).status).toBe(202);
    const over = `${whole}x`;
    expect((await knock(over, { "x-signature-256": `sha256=${sign(over)}` })).status).toBe(413);
    expect(woken()).toBe(1);
  });
});
