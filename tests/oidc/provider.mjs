// A certified OpenID provider (npm oidc-provider) for the tests: anybody may sign in under any
// name, and its keys change when told to. Prints its address on one line, and ends with its input.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [redirectUri] = process.argv.slice(2);
const KINDS = {
  RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  ES384: () => generateKeyPairSync("ec", { namedCurve: "P-384" }),
};

const newKey = (alg) => ({
  ...KINDS[alg]().privateKey.export({ format: "jwk" }),
  alg,
  use: "sig",
  kid: randomUUID(),
});

let published = [newKey("RS256")];
let answer;

/** A provider cannot change its keys, so each time another one takes over at the same address. */
const takeOver = () => {
  const alg = published[0].alg;
  answer = new Provider(issuer, {
    jwks: { keys: published },
    cookies: { keys: ["of the tests alone"] },
    clients: [
      {
        client_id: "app",
        token_endpoint_auth_method: "none",
        redirect_uris: [redirectUri],
      },
      {
        client_id: "robot",
        client_secret: "robots-secret",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    scopes: ["openid", "sessions:read", "sessions:write"],
    ttl: {
      AccessToken: 600,
      ClientCredentials: 600,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
    },
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => ({
          scope: "sessions:read sessions:write",
          audience: resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg } },
        }),
      },
    },
  }).callback();
};

const server = createServer((request, response) => {
  // POST /exchange/ES256: from now on a new key of that kind signs; those before stay published.
  const exchange = request.method === "POST" && /^\/exchange\/(\w+)$/.exec(request.url);
  if (!exchange) return answer(request, response);
  published = [newKey(exchange[1]), ...published];
  takeOver();
  response.end();
});

let issuer;
server.listen(0, "127.0.0.1", () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  takeOver();
  console.log(`provider at ${issuer}`);
});
process.stdin.on("end", () => process.exit()).resume();
