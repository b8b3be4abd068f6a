// What an opened file holds: FHIR resources, or a health card with some inside.
import { unb64u } from "./base64";
import { type Opened, inflated } from "./jwe";
import { isResource, textAt } from "./resources";
import { Trouble } from "./trouble";

export interface Content {
  /** The JSON that was shared, as it came. */
  blob: Blob;
  /** FHIR content in it, one value for each Bundle or resource. */
  resources: unknown[];
  /** Whether it is a signed card, whose signature nobody checked here. */
  card: boolean;
}

const MOST_CARD = 16 * 1024 * 1024;

/** Understands a decrypted file; throws Trouble when it is nothing this page knows. */
export async function contentOf(opened: Opened): Promise<Content> {
  const value = parsed(new TextDecoder().decode(opened.bytes));
  if (!isResource(value)) throw new Trouble("foreign");
  const cards = value["verifiableCredential"];
  const blob = new Blob([opened.bytes], { type: "application/json" });
  if (Array.isArray(cards)) {
    const bundles = await Promise.all(cards.filter((one) => typeof one === "string").map(bundleOf));
    return { blob, resources: bundles, card: true };
  }
  if (!textAt(value, "resourceType")) throw new Trouble("foreign");
  return { blob, resources: [value], card: false };
}

/** The Bundle inside a SMART Health Card: a JWS whose payload is packed (specification, "Health Cards are Small"). */
async function bundleOf(jws: string): Promise<unknown> {
  const [head = "", body = ""] = jws.split(".");
  const [header, payload] = [unb64u(head), unb64u(body)];
  if (!header || !payload) throw new Trouble("foreign");
  const known = parsed(new TextDecoder().decode(header));
  const packed = isResource(known) && known["zip"] === "DEF";
  const bytes = packed ? await inflated(payload, MOST_CARD) : payload;
  const claims = parsed(new TextDecoder().decode(bytes));
  const credential = isResource(claims) && isResource(claims["vc"]) ? claims["vc"]["credentialSubject"] : null;
  return isResource(credential) ? credential["fhirBundle"] : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Trouble("foreign");
  }
}
