/**
 * Keeps the newest refresh token in the state, so that a restart and other processes sign in with it.
 *
 * It is sealed with the configuration's own refresh token: the state alone opens nothing, and a configuration with a new
 * token cannot open what its predecessor sealed, so the new token counts from then on.
 */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { LeaseKeeper } from "../engine/lease/lease.ts";
import { SyncError } from "../errors.ts";
import type { KeptLogin, Login, LoginKeeper } from "../salesforce/auth.ts";
import type { OpenState } from "../state/open.ts";
import { seal, unseal } from "../state/seal.ts";

/** What the keeper works with. */
export interface LoginKeeping {
  /** Opens the state for one login, also for a command that only looks: a rotated token must not be lost. */
  readonly openState: () => Promise<OpenState>;
  readonly source: string;
  readonly holder: string;
  readonly holderIsGone: (holder: string) => boolean;
  readonly nowMs: () => number;
  /** The refresh token of the configuration. */
  readonly configured: string;
  /** Hears of each new secret before it is used, to keep it out of all texts. */
  readonly hide: (secret: string) => void;
}

/** A login takes seconds; the lease outlives its slowest attempt. */
const LEASE_TTL_MS = 120_000;
/** How long a process waits for another one's login. */
const LEASE_WAIT_MS = 60_000;
const LOOK_EVERY_MS = 100;

const keptSchema = z.object({
  refreshToken: z.string(),
  session: z.object({
    accessToken: z.string(),
    instanceUrl: z.string(),
    organizationId: z.string().nullable(),
    userId: z.string().nullable(),
    username: z.string().nullable(),
  }),
});

/** Makes a keeper. Its method throws `STATE_*`, and `LEASE_HELD` when another process logs in for a minute. */
export function createLoginKeeper(keeping: LoginKeeping): LoginKeeper {
  const { source, configured, hide } = keeping;
  const name = `refresh-token:${source}`;
  /** Kept here too: where the state could not be written, this process can still go on. */
  let newest: KeptLogin | null = null;
  return {
    async renewing(renew: (kept: KeptLogin | null) => Promise<Login>): Promise<Login> {
      const state = await keeping.openState();
      try {
        await state.migrate();
        const lease = await take(state, keeping);
        try {
          const kept = newest ?? read(await state.upkeep.sealed(name), configured);
          if (kept !== null) hideLogin(kept, hide);
          const login = await renew(kept);
          if (login.refreshToken === null || login.session === kept?.session) return login;
          const next = { refreshToken: login.refreshToken, session: login.session };
          hideLogin(next, hide);
          newest = next;
          await state.upkeep.putSealed(name, seal(JSON.stringify(next), configured));
          newest = null;
          return login;
        } finally {
          await lease.release();
        }
      } finally {
        await state.close();
      }
    },
  };
}

function hideLogin({ refreshToken, session }: KeptLogin, hide: (secret: string) => void): void {
  hide(refreshToken);
  hide(session.accessToken);
}

function read(body: string | null, configured: string): KeptLogin | null {
  const text = body === null ? null : unseal(body, configured);
  return text === null ? null : keptSchema.parse(JSON.parse(text));
}

async function take(state: OpenState, keeping: LoginKeeping): Promise<LeaseKeeper> {
  const giveUpAtMs = performance.now() + LEASE_WAIT_MS;
  for (;;) {
    try {
      return await LeaseKeeper.take({
        state,
        name: `login:${keeping.source}`,
        holder: keeping.holder,
        ttlMs: LEASE_TTL_MS,
        nowMs: keeping.nowMs,
        holderIsGone: keeping.holderIsGone,
      });
    } catch (error) {
      const held = error instanceof SyncError && error.code === "LEASE_HELD";
      if (!held || performance.now() >= giveUpAtMs) throw error;
    }
    await delay(LOOK_EVERY_MS);
  }
}
