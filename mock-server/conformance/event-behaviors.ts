/** Behaviors of the streaming endpoint and of sign-in documents. Source: change-events, rest-api. */
import { ANY, type Behavior, type BehaviorRow, type Call, chapter, get, post } from "./behavior.ts";

const HANDSHAKE = { channel: "/meta/handshake", version: "1.0", supportedConnectionTypes: ["long-polling"] };

function cometd(message: object, headers?: Readonly<Record<string, string>>, path = "/cometd/{{version}}"): Call {
  return post(path, [message], headers);
}

const STREAMING: readonly BehaviorRow[] = [
  [
    "a handshake gives a client Id and says that events can be replayed",
    "change-events §3 [doc; ext memory]",
    cometd(HANDSHAKE),
    {
      status: 200,
      body: [{ channel: "/meta/handshake", successful: true, clientId: ANY, ext: { replay: true } }],
      headers: { "set-cookie": /=/ },
    },
  ],
  [
    "a handshake with a dead session is denied with its reason",
    "change-events §3 [doc]",
    cometd(HANDSHAKE, { Authorization: "OAuth 00Dnonsense" }),
    {
      status: 200,
      body: [
        {
          channel: "/meta/handshake",
          successful: false,
          error: /^403::Handshake denied/,
          ext: { sfdc: { failureReason: /^401::Authentication invalid/ } },
          advice: { reconnect: "none" },
        },
      ],
    },
  ],
  [
    "a client that the server does not know is sent back to the handshake",
    "change-events §3 [doc]",
    cometd({ channel: "/meta/connect", clientId: "0".repeat(26), connectionType: "long-polling" }),
    { status: 200, body: [{ successful: false, error: /^403::Unknown client/, advice: { reconnect: "handshake" } }] },
  ],
  [
    "an address without a version",
    "change-events §3 [doc]; status [memory]",
    cometd(HANDSHAKE, {}, "/cometd"),
    { status: 400, body: [{ successful: false, error: /^400::API version in the URI is mandatory/ }] },
  ],
  [
    "a version before 37.0",
    "change-events §3 [doc]; status [memory]",
    cometd(HANDSHAKE, {}, "/cometd/36.0"),
    { status: 400, body: [{ successful: false, error: /^400::Unsupported API version/ }] },
  ],
];

const SIGN_IN: readonly BehaviorRow[] = [
  [
    "the discovery document leads to the key that signs Id tokens",
    "rest-api §3.12 [fixture]",
    get("/.well-known/openid-configuration"),
    { status: 200, body: { jwks_uri: /\/id\/keys$/, token_endpoint: /\/services\/oauth2\/token$/ } },
  ],
  [
    "the key is an RSA key for RS256 signatures",
    "rest-api §3.12 [fixture]; members [memory]",
    get("/id/keys"),
    { status: 200, body: ANY },
  ],
];

/** The behaviors of these chapters. */
export const EVENT_BEHAVIORS: readonly Behavior[] = [
  ...chapter("streaming", STREAMING),
  ...chapter("sign-in", SIGN_IN),
];
