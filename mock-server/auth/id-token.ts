/** OpenID Connect Id tokens, and the key that signs them. Source: rest-api §3.1, §3.12; claims as in OpenID Connect Core. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** Validity from memory: clients check the token when they get it. */
const LIFETIME_SECONDS = 120;
const KEY_BITS = 2_048;

/** What a token says. */
export interface IdClaims {
  /** Scheme and host of the org, as in the discovery document. */
  readonly issuer: string;
  /** The identity URL of the user. */
  readonly subject: string;
  /** Client id of the connected app. */
  readonly audience: string;
  readonly accessToken: string;
  /** What the client sent with the authorization request, if anything. */
  readonly nonce: string | null;
  /** Milliseconds since 1970 on the machine's clock: clients check tokens by theirs. */
  readonly nowMs: number;
}

/** Signs an org's Id tokens. The key is made when it is first needed, because making one takes long. */
export class IdTokenSigner {
  readonly #keyId: string;
  #key: KeyObject | undefined;

  constructor(orgId: string) {
    this.#keyId = createHash("sha256").update(orgId).digest("hex").slice(0, 8);
  }

  /** The token as a JWT (RS256). */
  issue({ issuer, subject, audience, accessToken, nonce, nowMs }: IdClaims): string {
    const issued = Math.floor(nowMs / 1000);
    const hash = createHash("sha256").update(accessToken).digest();
    const claims = {
      at_hash: hash.subarray(0, hash.length / 2).toString("base64url"),
      sub: subject,
      aud: audience,
      iss: issuer,
      exp: issued + LIFETIME_SECONDS,
      iat: issued,
      ...(nonce === null ? {} : { nonce }),
    };
    const text = `${part({ typ: "JWT", alg: "RS256", kid: this.#keyId })}.${part(claims)}`;
    return `${text}.${sign("RSA-SHA256", Buffer.from(text), this.#privateKey()).toString("base64url")}`;
  }

  /** The public key as the document behind `jwks_uri`. */
  keySet(): Readonly<Record<string, unknown>> {
    const { kty, n, e } = createPublicKey(this.#privateKey()).export({ format: "jwk" });
    return { keys: [{ kty, n, e, alg: "RS256", use: "sig", kid: this.#keyId }] };
  }

  #privateKey(): KeyObject {
    this.#key ??= generateKeyPairSync("rsa", { modulusLength: KEY_BITS }).privateKey;
    return this.#key;
  }
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
