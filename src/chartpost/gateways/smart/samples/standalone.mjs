// Connect to a records office as a person's app, then read their lab results. Node 18 or later, nothing to install.
//   node standalone.mjs https://records.example.org
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";

const SCOPE = "launch/patient openid fhirUser patient/Patient.rs patient/Observation.rs";

async function call(url, options = {}) {
  const answer = await fetch(url, { ...options, headers: { Accept: "application/json", ...options.headers } });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

// Where the browser comes back to.
function listen() {
  return new Promise((ready) => {
    let heard;
    const told = new Promise((resolve) => (heard = resolve));
    const server = createServer((request, response) => {
      response.end("Done. Go back to your terminal.");
      server.close();
      heard(new URL(request.url, "http://127.0.0.1").searchParams);
    });
    server.listen(0, "127.0.0.1", () => ready({ redirect: `http://127.0.0.1:${server.address().port}/back`, told }));
  });
}

if (!process.argv[2]) throw new Error("Write the address of the office after it, such as https://records.example.org");
const base = `${process.argv[2].replace(/\/$/, "")}/fhir`;
const smart = await call(`${base}/.well-known/smart-configuration`);
const { redirect, told } = await listen();

// Once for each app, not for each person: keep the client id.
const app = { client_name: "Sample in JavaScript", redirect_uris: [redirect], token_endpoint_auth_method: "none" };
const registered = await call(smart.registration_endpoint, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(app),
});

const verifier = randomBytes(48).toString("base64url");
const state = randomBytes(16).toString("base64url");
const query = new URLSearchParams({
  response_type: "code",
  client_id: registered.client_id,
  redirect_uri: redirect,
  scope: SCOPE,
  state,
  aud: base,
  code_challenge: createHash("sha256").update(verifier).digest("base64url"),
  code_challenge_method: "S256",
});
console.log(`Open this page in a browser:\n${smart.authorization_endpoint}?${query}`);
const answer = await told;
if (answer.get("state") !== state || !answer.has("code")) {
  console.error(`No access: ${answer.get("error") ?? "the answer is not for us"}`);
  process.exit(1);
}

const token = await call(smart.token_endpoint, {
  method: "POST",
  body: new URLSearchParams({
    grant_type: "authorization_code",
    code: answer.get("code"),
    redirect_uri: redirect,
    client_id: registered.client_id,
    code_verifier: verifier,
  }),
});
console.log("Granted:", token.scope);

const headers = { Authorization: `Bearer ${token.access_token}`, Accept: "application/fhir+json" };
const patient = await call(`${base}/Patient/${token.patient}`, { headers });
console.log("Patient:", patient.name[0].family);
const labs = new URLSearchParams({ patient: token.patient, category: "laboratory", _count: "5" });
for (const { resource } of (await call(`${base}/Observation?${labs}`, { headers })).entry ?? []) {
  console.log("Lab:", resource.effectiveDateTime ?? "", resource.code.text ?? resource.code.coding[0].display);
}
