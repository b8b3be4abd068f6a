// The page's one Trusted Types policy: it lets two scripts of our own run in the background, and makes no HTML.

interface TrustedPolicy {
  createScriptURL(address: string): string;
}

interface TrustedFactory {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): TrustedPolicy;
}

const SCRIPTS = /^\/s\/(?:-\/share_worker\.[0-9a-f]{24}|sw)\.js$/;

function onlyOurs(address: string): string {
  if (!SCRIPTS.test(address)) throw new TypeError("This is no script of the page.");
  return address;
}

const factory = (globalThis as { trustedTypes?: TrustedFactory }).trustedTypes;
const policy = factory?.createPolicy("chartpost", { createScriptURL: onlyOurs });

/** The address of one of the page's two background scripts, as Trusted Types want it; throws for any other. */
export function scriptAddress(address: string): string {
  return policy ? policy.createScriptURL(address) : onlyOurs(address);
}
