#!/usr/bin/env bash
# Connect to a records office as a person's app, then read their lab results. Needs curl and openssl.
#   bash standalone.sh https://records.example.org
set -euo pipefail
site=${1:?Write the address of the office after it, such as https://records.example.org}
site=${site%/}
base=$site/fhir
redirect=http://127.0.0.1:8765/back
scope="launch/patient openid fhirUser patient/Patient.rs patient/Observation.rs"

field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; } # one text field of a JSON answer

ask() { # one request; when the server refuses, its own words and the end
  local answer
  answer=$(curl -sS --fail-with-body "$@") || { echo "Refused: $answer" >&2; return 1; }
  printf '%s\n' "$answer"
}

# Once for each app, not for each person: keep the client id.
client=$(ask "$site/oauth/register" -H "Content-Type: application/json" -d @- <<JSON | field client_id
{"client_name": "Sample with curl", "redirect_uris": ["$redirect"], "token_endpoint_auth_method": "none"}
JSON
)

verifier=$(openssl rand -hex 32)
challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary | openssl base64 -A | tr '+/' '-_' | tr -d '=')
state=$(openssl rand -hex 16)
echo "Open this page in a browser:"
echo "$site/oauth/authorize?response_type=code&client_id=$client&redirect_uri=$redirect&scope=${scope// /%20}&state=$state&aud=$base&code_challenge=$challenge&code_challenge_method=S256"
echo "Nothing listens at the address it ends at. Copy that address and paste it here:"
read -r back
case $back in *"state=$state"*) ;; *) echo "The answer is not for us." >&2; exit 1 ;; esac
case $back in *code=*) ;; *) echo "No access: $back" >&2; exit 1 ;; esac
code=${back#*code=}
code=${code%%&*}

answer=$(ask "$site/oauth/token" -d grant_type=authorization_code -d client_id="$client" \
  -d code="$code" -d redirect_uri="$redirect" -d code_verifier="$verifier")
token=$(field access_token <<<"$answer")
patient=$(field patient <<<"$answer")
echo "Granted: $(field scope <<<"$answer")"

read_fhir() { ask "$base/$1" -H "Authorization: Bearer $token" -H "Accept: application/fhir+json"; }
echo "Patient:"
read_fhir "Patient/$patient"
echo "Lab:"
read_fhir "Observation?patient=$patient&category=laboratory&_count=5"
