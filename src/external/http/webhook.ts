/**
 * The door at which an external system knocks when something has changed.
 *
 * A call proves with an HMAC that it comes from there, and only wakes the sync: what changed is read from the system
 * itself, so a forged, repeated or lost call can do no harm to data.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** Schema of a webhook's configuration. */
export const webhookConfigSchema = z.strictObject({
  secret: z.string().min(16, "must be at least 16 characters long").describe("The secret that both sides share."),
  header: z.string().min(1).default("x-signature-256").describe("The header that carries the signature."),
  algorithm: z.enum(["sha256", "sha512"]).default("sha256").describe("The hash of the HMAC."),
  encoding: z.enum(["hex", "base64"]).default("hex").describe("How the signature is written."),
  prefix: z.string().default("sha256=").describe("What stands before the signature in the header; may be empty."),
  timestamp: z
    .strictObject({
      header: z.string().min(1).describe("The header with the time of the call, in seconds since 1970."),
      toleranceMs: z.int().min(1000).default(300_000).describe("How far it may be from our clock."),
    })
    .optional()
    .describe("Signs `<timestamp>.<body>` instead of the body alone, and refuses old calls."),
});

/** Configuration of a webhook, with defaults filled in. */
export type WebhookConfig = z.infer<typeof webhookConfigSchema>;

/** One call as it came in. */
export interface WebhookCall {
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
  readonly nowMs: number;
}

/** Why a call is refused, or undefined when its signature is right and fresh. */
export function refuseWebhook(config: WebhookConfig, call: WebhookCall): string | undefined {
  const sent = call.header(config.header);
  if (sent === undefined || !sent.startsWith(config.prefix)) return `the header ${config.header} carries no signature`;
  const hmac = createHmac(config.algorithm, config.secret);
  if (config.timestamp !== undefined) {
    const text = call.header(config.timestamp.header) ?? "";
    const atMs = Number(text) * 1000;
    const fresh = /^\d{1,12}$/.test(text) && Math.abs(call.nowMs - atMs) <= config.timestamp.toleranceMs;
    if (!fresh) return `the header ${config.timestamp.header} carries no time near ours`;
    hmac.update(`${text}.`);
  }
  const right = hmac.update(call.body).digest();
  const given = Buffer.from(sent.slice(config.prefix.length), config.encoding);
  // Compared in constant time: the time of an answer tells nothing about the signature.
  return given.length === right.length && timingSafeEqual(given, right) ? undefined : "the signature is wrong";
}
