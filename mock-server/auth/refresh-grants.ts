/**
 * Refresh tokens, with and without rotation.
 *
 * A grant is one user's approval of one connected app. With rotation every exchange gives a new refresh token and ends
 * the sessions before it; whoever replays a rotated-out token loses the whole grant. Source: rest-api §3.3.
 */
import { newRefreshToken, type RandomText, systemRandomText } from "./tokens.ts";

/** Grants kept at a time; the oldest goes first. */
const GRANTS_MAX = 10_000;
/** Rotated-out tokens remembered for one grant, so that a replay is noticed. */
const SPENT_TOKENS_MAX = 100;

/** One approval that is still good. */
export interface RefreshGrant {
  readonly id: string;
  readonly userId: string;
  readonly clientId: string;
  readonly scope: string;
}

/** What became of a refresh token that a client presented. */
export type Redemption =
  | { readonly kind: "granted"; readonly grant: RefreshGrant; readonly rotatedTo: string | null }
  | { readonly kind: "replayed"; readonly grant: RefreshGrant }
  | { readonly kind: "unknown" };

interface Family {
  readonly grant: RefreshGrant;
  current: string;
  readonly spent: string[];
}

/** The org's refresh grants. */
export class RefreshGrants {
  readonly #random: RandomText;
  readonly #families = new Map<string, Family>();
  readonly #byToken = new Map<string, Family>();
  #count = 0;

  constructor(random: RandomText = systemRandomText) {
    this.#random = random;
  }

  /** Makes a grant and its first refresh token. */
  issue(approval: Omit<RefreshGrant, "id">): { readonly grant: RefreshGrant; readonly token: string } {
    this.#count += 1;
    const grant: RefreshGrant = { id: `grant-${this.#count}`, ...approval };
    const token = newRefreshToken(this.#random);
    const family: Family = { grant, current: token, spent: [] };
    const oldest = this.#families.keys().next();
    if (this.#families.size >= GRANTS_MAX && !oldest.done) this.revoke(oldest.value);
    this.#families.set(grant.id, family);
    this.#byToken.set(token, family);
    return { grant, token };
  }

  /** Presents a refresh token. With `rotate` it is spent and replaced; a spent one revokes its grant. */
  redeem(token: string, { rotate }: { readonly rotate: boolean }): Redemption {
    const family = this.#byToken.get(token);
    if (family === undefined) return { kind: "unknown" };
    if (family.current !== token) {
      this.revoke(family.grant.id);
      return { kind: "replayed", grant: family.grant };
    }
    if (!rotate) return { kind: "granted", grant: family.grant, rotatedTo: null };
    family.spent.push(token);
    if (family.spent.length > SPENT_TOKENS_MAX) this.#byToken.delete(family.spent.shift() ?? "");
    family.current = newRefreshToken(this.#random);
    this.#byToken.set(family.current, family);
    return { kind: "granted", grant: family.grant, rotatedTo: family.current };
  }

  /** The grant of a refresh token that is still good, without presenting it. */
  find(token: string): RefreshGrant | undefined {
    const family = this.#byToken.get(token);
    return family?.current === token ? family.grant : undefined;
  }

  /** Ends a grant and all its refresh tokens. */
  revoke(grantId: string): void {
    const family = this.#families.get(grantId);
    if (family === undefined) return;
    this.#families.delete(grantId);
    for (const token of [...family.spent, family.current]) this.#byToken.delete(token);
  }
}
