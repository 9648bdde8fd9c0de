/** The pages of the authorization code flow and the device flow: forms without scripts. */
import type { ConnectedApp } from "../auth/connected-apps.ts";
import { escapeXml } from "../http/xml-text.ts";

/** What the page shows. */
export interface LoginPageContent {
  readonly app: ConnectedApp;
  /** True after a wrong username or password. */
  readonly failed: boolean;
  /** The parameters of the authorization request, carried through the form. */
  readonly parameters: URLSearchParams;
  readonly username: string;
}

/** The login form. It posts to the address that it came from. */
export function loginPage({ app, failed, parameters, username }: LoginPageContent): string {
  const hidden = [...parameters]
    .filter(([name]) => !["username", "password", "decision"].includes(name))
    .map(([name, value]) => `<input type="hidden" name="${escapeXml(name)}" value="${escapeXml(value)}">`)
    .join("");
  const complaint = failed
    ? '<p role="alert">Please check your username and password. If you still can\'t log in, contact your Salesforce administrator.</p>'
    : "";
  const name = escapeXml(app.name ?? app.clientId);
  return document(
    "Log in",
    `<h1>Log in to the mock org</h1><p><strong>${name}</strong> asks for access.</p>${complaint}` +
      `<form method="post">${hidden}` +
      `<label>Username <input name="username" autocomplete="username" value="${escapeXml(username)}" autofocus></label>` +
      '<label>Password <input name="password" type="password" autocomplete="current-password"></label>' +
      '<button name="decision" value="allow">Log in and allow</button> <button name="decision" value="deny">Deny</button></form>',
  );
}

/** What the page of the device flow shows. */
export interface DevicePageContent {
  readonly userCode: string;
  readonly username: string;
  /** True after a code that nobody waits for, or a wrong username or password. */
  readonly failed: boolean;
}

/** The form into which the user of a device types its code. */
export function devicePage({ userCode, username, failed }: DevicePageContent): string {
  const complaint = failed ? '<p role="alert">The code, the username or the password is not valid.</p>' : "";
  return document(
    "Connect a device",
    `<h1>Connect a device to the mock org</h1>${complaint}<form method="post">` +
      `<label>Code <input name="user_code" value="${escapeXml(userCode)}" autofocus></label>` +
      `<label>Username <input name="username" autocomplete="username" value="${escapeXml(username)}"></label>` +
      '<label>Password <input name="password" type="password" autocomplete="current-password"></label>' +
      '<button name="decision" value="allow">Connect</button> <button name="decision" value="deny">Deny</button></form>',
  );
}

/** A page with one message, for what cannot go back to the client. */
export function messagePage(message: string): string {
  return document("Mock org", `<p role="alert">${escapeXml(message)}</p>`);
}

function document(title: string, body: string): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style></head>` +
    `<body><main>${body}</main></body></html>`
  );
}

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;background:#f3f3f3}main{max-width:24rem;margin:10vh auto;padding:2rem;" +
  "background:#fff;border-radius:.5rem}label,button{display:block;margin:.75rem 0}input{width:100%;font:inherit}" +
  "button{font:inherit}";
