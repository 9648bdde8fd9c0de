/** Reads and verifies the assertion of the JWT bearer flow (RS256). Source: rest-api §3.1. */
import { createPublicKey, verify } from "node:crypto";

/** The claims that the flow needs. */
export interface BearerClaims {
  /** Consumer key of the connected app. */
  readonly iss: string;
  /** Username; older clients send it as `prn`. */
  readonly sub: string;
  readonly aud: string;
  /** Expiry in seconds since 1970. */
  readonly exp: number;
}

/** A well-formed assertion whose signature nobody has checked yet. */
export interface Assertion {
  readonly claims: BearerClaims;
  readonly signedText: string;
  readonly signature: Buffer;
}

/** Takes an assertion apart; undefined when it is no RS256 JWT with the four claims. */
export function parseAssertion(text: string): Assertion | undefined {
  const [header, payload, signature, ...rest] = text.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return undefined;
  const head = decodePart(header);
  const body = decodePart(payload);
  if (head?.["alg"] !== "RS256" || body === undefined) return undefined;
  const { iss, aud, exp } = body;
  const sub = body["sub"] ?? body["prn"];
  if (typeof iss !== "string" || typeof sub !== "string") return undefined;
  if (typeof aud !== "string" || typeof exp !== "number") return undefined;
  return {
    claims: { iss, sub, aud, exp },
    signedText: `${header}.${payload}`,
    signature: Buffer.from(signature, "base64url"),
  };
}

/** True where the assertion was signed with the private half of the certificate or public key (PEM). */
export function signatureFits(assertion: Assertion, certificate: string): boolean {
  return verify("RSA-SHA256", Buffer.from(assertion.signedText), createPublicKey(certificate), assertion.signature);
}

function decodePart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
  } catch {
    // Not JSON: the caller refuses the assertion.
    return undefined;
  }
}
