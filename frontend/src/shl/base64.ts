// base64 and base64url (RFC 4648), read strictly.
export type Bytes = Uint8Array<ArrayBuffer>;

/** The bytes of base64url text; null when it is none. Padding at its end is allowed for. */
export function unb64u(text: string): Bytes | null {
  const letters = text.replace(/={0,2}$/, "");
  if (!/^[A-Za-z0-9_-]*$/.test(letters) || letters.length % 4 === 1) return null;
  return decoded(letters.replaceAll("-", "+").replaceAll("_", "/"));
}

/** The bytes of base64 text with blanks in it, as FHIR has attachments; null when it is none. */
export function unb64(text: string): Bytes | null {
  const letters = text.replaceAll(/\s+/g, "").replace(/={0,2}$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(letters) || letters.length % 4 === 1) return null;
  return decoded(letters);
}

function decoded(letters: string): Bytes {
  const binary = atob(letters);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
