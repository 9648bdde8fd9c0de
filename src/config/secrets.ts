/**
 * Secrets in a configuration: which settings hold them, that they come from the environment, and how to keep them out
 * of every text that leaves the process.
 */

import { isLoopbackHost } from "./loopback.ts";

/** Settings that hold a secret, by the last name of their path. */
const SECRET_NAME = /^(password|securityToken|clientSecret|privateKey|refreshToken|accessToken|token|webhookSecret)$/;
/** `external.auth.value`: the header of an API key. */
const SECRET_PATH =
  /^external\.auth\.value$|^serve\.webhook\.secret$|^external\.headers\.(authorization|x-api-key|cookie)$/i;
const REFERENCE = /^\$\{\w+\}$/;
const URL_PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^/@:]*:)([^@]+)(@)/i;

/** One secret of a configuration. */
export interface FoundSecret {
  readonly path: string;
  /** As the file says it, for example `${SF_PASSWORD}`. */
  readonly written: string;
}

/** Whether a setting at this path holds a secret as a whole. */
export function isSecretPath(path: string): boolean {
  return SECRET_NAME.test(path.slice(path.lastIndexOf(".") + 1)) || SECRET_PATH.test(path);
}

/** Every secret in a configuration as written: whole settings, and passwords inside addresses. */
export function findSecrets(value: unknown, path = ""): readonly FoundSecret[] {
  if (typeof value === "string") {
    if (isSecretPath(path)) return value === "" ? [] : [{ path, written: value }];
    const password = URL_PASSWORD.exec(value)?.[2];
    return password === undefined ? [] : [{ path, written: password }];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => findSecrets(item, path === "" ? name : `${path}.${name}`));
}

/**
 * Secrets that are in the file itself, each as a sentence. A reference `${NAME}` is right, and so is a module that
 * hands on a value of the environment. Everything is allowed while the system that the secret opens is on this machine.
 */
export function literalSecrets(
  raw: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const known = new Set(Object.values(environment));
  return findSecrets(raw)
    .filter(({ path, written }) => {
      if (REFERENCE.test(written) || known.has(written)) return false;
      return !isLoopback(addressFor(raw, path));
    })
    .map(
      ({ path }) =>
        `${path} holds a secret in the file; write \${NAME} instead and set NAME in the environment before the command`,
    );
}

/** The address that a secret at this path opens. Our own pages count as another machine's. */
function addressFor(raw: unknown, path: string): string {
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const root = record(raw);
  switch (path.split(".")[0]) {
    case "salesforce": {
      const salesforce = record(root["salesforce"]);
      return text(record(salesforce["auth"])["instanceUrl"]) || text(salesforce["loginUrl"]);
    }
    case "external":
    case "state":
      return databaseAddress(record(root[path.split(".")[0] ?? ""]));
    case "serve":
      return `http://${text(record(root["serve"])["host"]) || "127.0.0.1"}`;
    default:
      return "";
  }
}

function databaseAddress({ url, server }: Readonly<Record<string, unknown>>): string {
  if (typeof url === "string") return url;
  const { host } = record(server);
  return typeof host === "string" ? `postgres://${host}` : "";
}

function isLoopback(address: string): boolean {
  try {
    return isLoopbackHost(new URL(address).hostname);
  } catch {
    return false;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/** Shorter values would blot out ordinary words. */
const REDACTED_LENGTH_MIN = 4;

/** Secrets that came up while the program ran: of rotated tokens only the last ones still open anything. */
const HIDDEN_LATER_MAX = 16;

/** Replaces secrets in texts. */
export interface Redactor {
  (text: string): string;
  /** One more secret, from now on. */
  hide(secret: string): void;
}

/** A redactor for these values, also as they are in JSON and in addresses. */
export function redactorOf(secrets: Iterable<string>): Redactor {
  const fixed = formsOf(secrets);
  let later: readonly string[] = [];
  let forms = fixed;
  const redact = (text: string): string => forms.reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), text);
  const hide = (secret: string): void => {
    if (later.includes(secret)) return;
    later = [...later, secret].slice(-HIDDEN_LATER_MAX);
    forms = formsOf([...fixed, ...later]);
  };
  return Object.assign(redact, { hide });
}

/** Longer ones first: a secret may hold another one. */
function formsOf(secrets: Iterable<string>): readonly string[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < REDACTED_LENGTH_MIN) continue;
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) forms.add(form);
  }
  return [...forms].sort((left, right) => right.length - left.length);
}
