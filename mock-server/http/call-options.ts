/** What a caller says about itself in `Sforce-Call-Options`. Source: rest-api §2.4. */

/** The client's name for itself. Items are separated by semicolons in documents and by commas in jsforce. */
export function clientOf(callOptions: string | undefined): string | undefined {
  return callOptions === undefined ? undefined : /(?:^|[;,])\s*client=([^;,]*)/i.exec(callOptions)?.[1]?.trim();
}
