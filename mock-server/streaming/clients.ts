/**
 * The CometD clients of one org: who has shaken hands, what each follows and how far, and whose connect is held.
 *
 * Time here is the machine's: a client that is away for 40 seconds is gone, whatever the org's clock says, because a
 * connection lives in real time. Source: change-events §3.
 */
import { systemRandomText } from "../auth/tokens.ts";
import type { Channel } from "./channels.ts";

/** A client that does not connect again within this time is forgotten (change-events §3 [doc]). */
const AWAY_MS = 40_000;

/** One subscription of a client. */
export interface Subscription {
  readonly channel: Channel;
  /** The replay Id of the last event that the client got or that was not for it. */
  after: number;
}

/** Why a held connect is answered: there are events, its time is over, or nobody waits for it any more. */
export type Release = "events" | "timeout" | "gone" | "ended";

/** One client. */
export interface Client {
  readonly id: string;
  readonly cookie: string;
  readonly userId: string;
  readonly subscriptions: Map<string, Subscription>;
  connects: number;
  seenMs: number;
  /** Answers the connect that is held; absent where none is. */
  release: ((reason: Release) => void) | undefined;
}

/** The clients by Id. */
export class Clients {
  readonly #nowMs: () => number;
  readonly #byId = new Map<string, Client>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Adds a client of a user. */
  add(userId: string): Client {
    const client: Client = {
      id: randomId(26),
      cookie: randomId(24),
      userId,
      subscriptions: new Map(),
      connects: 0,
      seenMs: this.#nowMs(),
      release: undefined,
    };
    this.#byId.set(client.id, client);
    return client;
  }

  /** The client with this Id, if it is still here; being asked for counts as being seen. */
  find(id: string): Client | undefined {
    this.#forgetAway();
    const client = this.#byId.get(id);
    if (client !== undefined) client.seenMs = this.#nowMs();
    return client;
  }

  /** True as long as the client was neither removed nor forgotten. */
  has(client: Client): boolean {
    return this.#byId.get(client.id) === client;
  }

  /** Clients that are here. */
  get count(): number {
    this.#forgetAway();
    return this.#byId.size;
  }

  /** The clients whose connect is held. */
  held(): readonly Client[] {
    return [...this.#byId.values()].filter(({ release }) => release !== undefined);
  }

  /** Ends a client; its held connect is answered. */
  remove(client: Client): void {
    this.#byId.delete(client.id);
    client.release?.("ended");
  }

  /** Ends all clients. */
  clear(): void {
    for (const client of this.#byId.values()) this.remove(client);
  }

  #forgetAway(): void {
    const now = this.#nowMs();
    for (const client of this.#byId.values())
      if (client.release === undefined && now - client.seenMs > AWAY_MS) this.#byId.delete(client.id);
  }
}

function randomId(characters: number): string {
  return systemRandomText(characters)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "0");
}
