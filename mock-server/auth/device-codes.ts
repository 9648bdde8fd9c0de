/**
 * The device flow: a device shows a short code, its user approves it in a browser, the device asks until then.
 *
 * Source: Salesforce Help, OAuth 2.0 Device Flow; lifetimes are from memory. Devices that ask too often are not slowed
 * down, so that tests need not wait.
 */
import type { Clock } from "../org/port.ts";
import { newDeviceCode, newUserCode, type RandomText, systemRandomText } from "./tokens.ts";

const LIFETIME_MS = 10 * 60 * 1000;
/** Seconds after which a device may ask again. */
export const DEVICE_INTERVAL_SECONDS = 5;
/** Codes kept at a time; the oldest goes first. */
const CODES_MAX = 1_000;

/** What a device asks for. */
export interface DeviceRequest {
  readonly clientId: string;
  readonly scope: string;
}

/** One request for approval and what became of it. */
export interface DeviceGrant extends DeviceRequest {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly expiresMs: number;
  /** The user who approved; `denied` where one refused, undefined where nobody has decided. */
  decision: { readonly userId: string } | "denied" | undefined;
}

/** The codes of one org. */
export class DeviceCodes {
  readonly #clock: Clock;
  readonly #random: RandomText;
  readonly #byDeviceCode = new Map<string, DeviceGrant>();

  constructor(clock: Clock, random: RandomText = systemRandomText) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Gives a device its codes. */
  issue(request: DeviceRequest): DeviceGrant {
    const oldest = this.#byDeviceCode.keys().next();
    if (this.#byDeviceCode.size >= CODES_MAX && !oldest.done) this.#byDeviceCode.delete(oldest.value);
    const grant: DeviceGrant = {
      ...request,
      deviceCode: newDeviceCode(this.#random),
      userCode: newUserCode(this.#random),
      expiresMs: this.#clock.nowMs() + LIFETIME_MS,
      decision: undefined,
    };
    this.#byDeviceCode.set(grant.deviceCode, grant);
    return grant;
  }

  /** What waits under the code that a user typed, in any letter case; undefined where nothing does (any more). */
  waiting(userCode: string): DeviceGrant | undefined {
    const typed = userCode.trim().toUpperCase();
    const all = [...this.#byDeviceCode.values()];
    return all.find((grant) => grant.userCode === typed && grant.decision === undefined && this.#lives(grant));
  }

  /** What became of a device's request; undefined where it is unknown or too old. */
  ask(deviceCode: string): DeviceGrant | undefined {
    const grant = this.#byDeviceCode.get(deviceCode);
    return grant !== undefined && this.#lives(grant) ? grant : undefined;
  }

  /** Spends a device's code. */
  forget({ deviceCode }: DeviceGrant): void {
    this.#byDeviceCode.delete(deviceCode);
  }

  #lives({ expiresMs }: DeviceGrant): boolean {
    return expiresMs > this.#clock.nowMs();
  }
}
