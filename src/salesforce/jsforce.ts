/**
 * jsforce's classes, loaded in jsforce's own order. Its root and its connection need one another: loaded from the connection,
 * the root keeps an empty `Connection` for the life of the process, and a program that imports jsforce after us would get that.
 */
import "jsforce/lib/jsforce.js";

export { Connection } from "jsforce/lib/connection.js";
export { OAuth2 } from "jsforce/lib/oauth2.js";
