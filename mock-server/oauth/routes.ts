/** Where users and apps sign in. Source: rest-api §3.1–3.8, §3.12. */
import type { Context, Hono } from "hono";
import { answerLoginCall } from "../http/login-call.ts";
import type { PipelineOptions } from "../http/pipeline.ts";
import { type AppEnvironment, type WireCall, wireCall } from "../http/wire-call.ts";
import {
  answerAuthConfiguration,
  answerAuthorize,
  answerDeviceApproval,
  answerIdentity,
  answerIntrospect,
  answerKeys,
  answerOpenIdConfiguration,
  answerRevoke,
  answerToken,
  answerUserInfo,
  type OAuthOptions,
} from "./endpoints.ts";

type Endpoint = (options: OAuthOptions, call: WireCall) => Response | Promise<Response>;

/** Endpoints that the journal keeps and that faults may apply to. */
const SIGN_IN: readonly (readonly [methods: readonly string[], path: string, answer: Endpoint])[] = [
  [["GET", "POST"], "/services/oauth2/token", answerToken],
  [["GET", "POST"], "/services/oauth2/authorize", answerAuthorize],
  [["GET", "POST"], "/setup/connect", answerDeviceApproval],
  [["GET", "POST"], "/services/oauth2/revoke", answerRevoke],
  [["POST"], "/services/oauth2/introspect", answerIntrospect],
  [["GET", "POST"], "/services/oauth2/userinfo", answerUserInfo],
  [["GET", "POST"], "/id/:org/:user", answerIdentity],
];

/** Documents that anybody may read. */
const PUBLIC: readonly (readonly [path: string, answer: Endpoint])[] = [
  ["/id/keys", answerKeys],
  ["/.well-known/openid-configuration", answerOpenIdConfiguration],
  ["/.well-known/auth-configuration", answerAuthConfiguration],
];

/** Adds the endpoints to the app. */
export function mountOAuth(app: Hono<AppEnvironment>, options: PipelineOptions): void {
  const route = (answer: Endpoint) => (context: Context<AppEnvironment>) =>
    answerLoginCall(options, wireCall(context), (call) => answer(options, call));
  for (const [path, answer] of PUBLIC) app.get(path, (context) => answer(options, wireCall(context)));
  for (const [methods, path, answer] of SIGN_IN) app.on([...methods], path, route(answer));
}
