/** The right to run: taken before anything is read, prolonged while the run commits, given back at the end. */
import { SyncError } from "../../errors.ts";
import type { Lease, StateBatch, StateStore } from "../../state/port.ts";

/** One lease for one external source: two configurations of different sources may run side by side. */
export const leaseName = (source: string): string => `run:${source}`;

/** What the keeper needs to know. */
export interface LeaseRequest {
  readonly state: StateStore;
  readonly name: string;
  readonly holder: string;
  readonly ttlMs: number;
  readonly nowMs: () => number;
  /** True when this holder is known to be dead, so that its lease need not run out first. */
  readonly holderIsGone?: (holder: string) => boolean;
  /** Leases of others that must be valid at each commit too. */
  readonly under?: readonly Lease[];
}

/**
 * Holds a lease and commits under it.
 *
 * A commit whose lease has been taken over throws `LEASE_LOST` and writes nothing: the fencing number decides in the
 * store, whatever our clock says.
 */
export class LeaseKeeper {
  readonly #request: LeaseRequest;
  #lease: Lease;

  private constructor(request: LeaseRequest, lease: Lease) {
    this.#request = request;
    this.#lease = lease;
  }

  /** Takes the lease; throws `LEASE_HELD` when somebody else runs. */
  static async take(request: LeaseRequest): Promise<LeaseKeeper> {
    const { state, name, holder, ttlMs, nowMs } = request;
    const take = (): Promise<Lease | undefined> => state.acquireLease({ name, holder, ttlMs, nowMs: nowMs() });
    let lease = await take();
    if (lease !== undefined) return new LeaseKeeper(request, lease);
    const other = await state.leaseHolder(name);
    if (other !== undefined && request.holderIsGone?.(other.holder) === true) {
      // Releasing moves the fencing number on: should the holder live after all, it can commit nothing any more.
      await state.releaseLease(other);
      lease = await take();
      if (lease !== undefined) return new LeaseKeeper(request, lease);
    }
    const until = other === undefined ? "shortly" : new Date(other.expiresAtMs).toISOString();
    throw new SyncError(
      "LEASE_HELD",
      `${other?.holder ?? "Another process"} is running this synchronization; its lease expires at ${until} unless it is prolonged`,
      { context: { lease: name, holder: other?.holder ?? null } },
    );
  }

  /** The lease as it is now; its fencing number stays the same for as long as it is held. */
  get lease(): Lease {
    return this.#lease;
  }

  /** Writes a batch under the lease, prolonging it when half of its time is over. */
  async commit(batch: StateBatch): Promise<void> {
    await this.keep();
    const { state, under = [] } = this.#request;
    await state.commit(this.#lease, under.length === 0 ? batch : { ...batch, under });
  }

  /** Prolongs the lease when half of its time is over; throws `LEASE_LOST` when it is gone. */
  async keep(): Promise<void> {
    const { ttlMs, nowMs } = this.#request;
    if (this.#lease.expiresAtMs - nowMs() > ttlMs / 2) return;
    await this.renew();
  }

  /** Prolongs the lease now; throws `LEASE_LOST` when it is gone. */
  async renew(): Promise<void> {
    const { state, ttlMs, nowMs } = this.#request;
    const renewed = await state.renewLease(this.#lease, ttlMs, nowMs());
    if (renewed === undefined) {
      throw new SyncError(
        "LEASE_LOST",
        `Another process took over the synchronization ${this.#lease.name}; this one stops`,
      );
    }
    this.#lease = renewed;
  }

  async release(): Promise<void> {
    await this.#request.state.releaseLease(this.#lease);
  }
}
