/** Bodies of requests: what cannot be read is the sender's mistake, and is answered with what was expected. */
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";

/** Forms are short, and of a webhook only the signature matters. */
const BODY_BYTES_MAX = 1_000_000;
const FORM_TYPES = ["application/x-www-form-urlencoded", "multipart/form-data"];

/** The text of a form's field; empty when it is absent or a file. */
export type Form = (name: string) => string;

/** Refuses bodies that are too long with 413, also those that do not say their length. */
export const limitBody = bodyLimit({
  maxSize: BODY_BYTES_MAX,
  onError: (c) => c.text(`The body is longer than ${BODY_BYTES_MAX} bytes\n`, 413),
});

/** The form in a body; an empty one where there is none. Throws `HTTPException` with 400 or 415. */
export async function readForm(c: Context): Promise<Form> {
  const type = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (!FORM_TYPES.includes(type)) {
    if (type === "" || (await readBytes(c)).length === 0) return () => "";
    throw new HTTPException(415, { message: `The body is ${type}; send a form (${FORM_TYPES.join(" or ")})` });
  }
  const body = await orMistake(() => c.req.parseBody(), "The body cannot be read as the form that its type names");
  return (name) => {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    return typeof value === "string" ? value : "";
  };
}

/** The bytes of a body. Throws `HTTPException` with 400. */
export async function readBytes(c: Context): Promise<Uint8Array> {
  return new Uint8Array(await orMistake(() => c.req.arrayBuffer(), "The body broke off"));
}

async function orMistake<R>(read: () => Promise<R>, message: string): Promise<R> {
  try {
    return await read();
  } catch (cause) {
    throw new HTTPException(400, { message, cause });
  }
}
