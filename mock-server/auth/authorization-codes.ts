/** Authorization codes with PKCE: issued by the login page, redeemed once at the token endpoint. Source: rest-api §3.4. */
import { createHash } from "node:crypto";
import type { Clock } from "../org/port.ts";
import { newAuthorizationCode, type RandomText, systemRandomText } from "./tokens.ts";

/** Fifteen minutes (unsure: no document read gives the figure). */
export const CODE_LIFETIME_MS = 15 * 60 * 1000;
/** Codes remembered, spent ones included; the oldest goes first. */
const CODES_MAX = 1_000;

/** What the user approved. */
export interface CodeApproval {
  readonly userId: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  /** base64url(SHA-256(verifier)); null where the client brought none. */
  readonly codeChallenge: string | null;
  /** What the Id token shall repeat. */
  readonly nonce: string | null;
}

/** Why a code is refused: the `error_description` of the token endpoint. */
export type CodeRefusal = "invalid authorization code" | "expired authorization code";

interface IssuedCode {
  readonly approval: CodeApproval;
  readonly expiresMs: number;
  spent: boolean;
}

/** The codes of one org. */
export class AuthorizationCodes {
  readonly #clock: Clock;
  readonly #random: RandomText;
  readonly #codes = new Map<string, IssuedCode>();

  constructor(clock: Clock, random: RandomText = systemRandomText) {
    this.#clock = clock;
    this.#random = random;
  }

  issue(approval: CodeApproval): string {
    const oldest = this.#codes.keys().next();
    if (this.#codes.size >= CODES_MAX && !oldest.done) this.#codes.delete(oldest.value);
    const code = newAuthorizationCode(this.#random);
    this.#codes.set(code, { approval, expiresMs: this.#clock.nowMs() + CODE_LIFETIME_MS, spent: false });
    return code;
  }

  /** Spends a code. A second use counts as expired. */
  redeem(code: string): CodeApproval | CodeRefusal {
    const issued = this.#codes.get(code);
    if (issued === undefined) return "invalid authorization code";
    if (issued.spent || issued.expiresMs <= this.#clock.nowMs()) return "expired authorization code";
    issued.spent = true;
    return issued.approval;
  }
}

/** True where the verifier belongs to the challenge (method S256, the only one that Salesforce has). */
export function verifierFits(challenge: string, verifier: string): boolean {
  return createHash("sha256").update(verifier).digest("base64url") === challenge.replace(/=+$/, "");
}
