/**
 * The faults of one org: added from code, from `/_mock/faults` or from the command line, counted and taken away again.
 *
 * A fault lasts until it is removed or spent, or the org is reset; a fork begins without any.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { SignInService } from "../auth/login.ts";
import type { BulkStep } from "../bulk/jobs/fault-hook.ts";
import type { Trigger } from "../dml/options.ts";
import type { SaveRequest, SaveResult } from "../dml/port.ts";
import type { FaultHook } from "../http/fault-hook.ts";
import type { QueryCursors } from "../http/query-cursors.ts";
import type { ApiUsage } from "../http/usage.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { Transaction } from "../org/port.ts";
import { type ArmedCallFault, callFaultHook } from "./call-faults.ts";
import { type BulkFault, type Fault, isBulkFault, isCallFault, isRowFault } from "./fault.ts";
import { parseFault } from "./fault-schema.ts";
import { rowFaultTriggers } from "./row-faults.ts";
import { FaultTrigger } from "./trigger.ts";

/** Faults at one time; more are a loop that adds without removing. */
const FAULTS_MAX = 1_000;

/** What faults act on. */
export interface FaultHost {
  readonly org: MockOrgCore;
  readonly signIn: SignInService;
  readonly usage: ApiUsage;
  readonly cursors: QueryCursors;
  readonly save: (tx: Transaction, request: SaveRequest) => readonly SaveResult[];
  /** Takes note of a fault that applies within a transaction. */
  readonly noteFault: (name: string) => void;
}

/** A fault with its counters. */
export interface FaultStatus {
  /** A number from 1 on, in the order in which faults were added. */
  readonly id: number;
  readonly name: string;
  readonly fault: Fault;
  /** Matches so far. */
  readonly seen: number;
  /** Times applied so far. */
  readonly applied: number;
  /** True where it will not apply any more. */
  readonly spent: boolean;
}

/** A fault in the hands of the one who added it. Dispose it to remove it. */
export interface FaultHandle extends FaultStatus, Disposable {
  remove(): void;
}

interface Armed {
  readonly id: number;
  readonly name: string;
  readonly fault: Fault;
  readonly trigger: FaultTrigger;
  /** What it does to the org itself when it applies. */
  readonly onTrigger: () => void;
  /** Undoes what it did to the org itself. */
  undo: () => void;
}

export class Faults {
  readonly #host: FaultHost;
  readonly #armed = new Map<number, Armed>();
  readonly #hook: FaultHook;
  #calls: readonly ArmedCallFault[] = [];
  #triggers: readonly Trigger[] = [];
  #lastId = 0;
  /** Where each request-limit fault ends the day's calls, and what the day allowed before the first of them. */
  readonly #walls = new Map<number, number>();
  #allowance = 0;

  constructor(host: FaultHost) {
    this.#host = host;
    this.#hook = callFaultHook({ ...host, sleep: (ms) => sleep(ms) }, () => this.#calls);
  }

  /**
   * Adds a fault; it applies from the next call on. Throws an `Error` that names each wrong member, or the record that a
   * long transaction could not write.
   */
  add(fault: Fault): FaultHandle {
    const read = parseFault(fault);
    if ("object" in read && read.object !== undefined && this.#host.org.catalog.object(read.object) === undefined) {
      throw new Error(`the fault ${read.act} is not right: object: the org has no object ${read.object}`);
    }
    if (this.#armed.size >= FAULTS_MAX) throw new Error(`There are ${FAULTS_MAX} faults already; remove some first`);
    const id = ++this.#lastId;
    const armed: Armed = {
      id,
      name: read.name ?? `${read.act} #${id}`,
      fault: read,
      // What stands at once was applied then; calls do not make it apply again.
      trigger: new FaultTrigger(standsAtOnce(read) ? { times: 1 } : read),
      onTrigger: () => this.#applyOrgFault(armed),
      undo: () => undefined,
    };
    this.#armed.set(id, armed);
    this.#sort();
    if (standsAtOnce(read) && armed.trigger.hit()) {
      try {
        this.#applyOrgFault(armed);
      } catch (error) {
        this.remove(id);
        throw error;
      }
    }
    return this.#handle(armed);
  }

  /** Every fault with its counters, oldest first. */
  list(): readonly FaultStatus[] {
    return [...this.#armed.values()].map(statusOf);
  }

  /** Takes a fault away and undoes what it holds up. False where there is none with this number. */
  remove(id: number): boolean {
    const armed = this.#armed.get(id);
    if (armed === undefined) return false;
    this.#armed.delete(id);
    this.#sort();
    armed.undo();
    return true;
  }

  /** Takes every fault away. */
  clear(): void {
    for (const id of this.#armed.keys()) this.remove(id);
  }

  /** What the pipeline asks; undefined where no fault of calls is armed. */
  get hook(): FaultHook | undefined {
    return this.#calls.length === 0 ? undefined : this.#hook;
  }

  /** Triggers that the save pipeline runs beside the org's own. */
  get triggers(): readonly Trigger[] {
    return this.#triggers;
  }

  /** The fault that applies to a Bulk job at a step; undefined where it goes on. */
  bulk(step: BulkStep): BulkFault | undefined {
    for (const { fault, trigger } of this.#armed.values()) {
      if (isBulkFault(fault) && matchesBulk(fault, step) && trigger.hit()) return fault;
    }
    return undefined;
  }

  #sort(): void {
    const armed = [...this.#armed.values()];
    this.#calls = armed.flatMap((one) => (isCallFault(one.fault) ? [{ ...one, fault: one.fault }] : []));
    const objects = this.#host.org.catalog.objects.map((type) => type.name);
    this.#triggers = armed.flatMap(({ name, fault, trigger }) =>
      isRowFault(fault) ? rowFaultTriggers({ name, fault, trigger }, objects, this.#host.noteFault) : [],
    );
  }

  #applyOrgFault(armed: Armed): void {
    const { fault } = armed;
    const { org, usage, cursors } = this.#host;
    if (fault.act === "locator-lost") cursors.clear();
    // The wall is put up once; later matches find it standing.
    if (fault.act === "request-limit" && armed.trigger.applied === 1) {
      if (this.#walls.size === 0) this.#allowance = usage.max;
      this.#walls.set(armed.id, usage.used + (fault.remaining ?? 0));
      usage.max = Math.min(...this.#walls.values());
      armed.undo = () => {
        this.#walls.delete(armed.id);
        usage.max = this.#walls.size === 0 ? this.#allowance : Math.min(...this.#walls.values());
      };
    }
    if (fault.act === "long-transaction") {
      const transaction = org.openLongTransaction();
      const earlier = armed.undo;
      const end = (): void => {
        if (transaction.open) transaction.commit();
      };
      armed.undo = () => {
        earlier();
        end();
      };
      for (const { object, id, values } of fault.write ?? []) {
        const request: SaveRequest = {
          operation: id === undefined ? "insert" : "update",
          records: [{ object, values, ...(id !== undefined && { id }) }],
          allOrNone: true,
        };
        const [result] = transaction.run((tx) => this.#host.save(tx, request));
        if (result?.success === true) continue;
        transaction.rollback();
        const reasons = result?.faults.map((one) => `${one.code}: ${one.message}`).join("; ");
        throw new Error(`the long transaction cannot write ${object}: ${reasons ?? "no result"}`);
      }
      if (fault.holdMs !== undefined) {
        org.clock.at(org.clock.nowMs() + fault.holdMs, end);
        // A running clock has nobody to move it.
        if (org.clock.state.kind === "running") setTimeout(() => org.clock.settle(), fault.holdMs + 1).unref();
      }
    }
  }

  #handle(armed: Armed): FaultHandle {
    const remove = (): void => {
      this.remove(armed.id);
    };
    return {
      id: armed.id,
      name: armed.name,
      fault: armed.fault,
      get seen() {
        return armed.trigger.seen;
      },
      get applied() {
        return armed.trigger.applied;
      },
      get spent() {
        return armed.trigger.spent;
      },
      remove,
      [Symbol.dispose]: remove,
    };
  }
}

function statusOf({ id, name, fault, trigger }: Armed): FaultStatus {
  return { id, name, fault, seen: trigger.seen, applied: trigger.applied, spent: trigger.spent };
}

/** Faults of the whole org that need not wait for a call. */
function standsAtOnce(fault: Fault): boolean {
  if (fault.act !== "request-limit" && fault.act !== "long-transaction" && fault.act !== "locator-lost") return false;
  const { operation, method, path, object, user, nth, times, chance } = fault;
  return [operation, method, path, object, user, nth, times, chance].every((condition) => condition === undefined);
}

function matchesBulk(fault: BulkFault, step: BulkStep): boolean {
  const same = (wanted: string | undefined, got: string): boolean =>
    wanted === undefined || wanted.toLowerCase() === got.toLowerCase();
  return same(fault.object, step.object) && same(fault.operation, step.operation) && same(fault.user, step.username);
}
