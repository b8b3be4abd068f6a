// The Trusted Types policy of the page that takes files: it lets one script of our own run in the background.

interface TrustedFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(address: string): string },
  ): { createScriptURL(address: string): string };
}

const SCRIPT = /^\/s\/-\/send_worker\.[0-9a-f]{24}\.js$/;

function onlyOurs(address: string): string {
  if (!SCRIPT.test(address)) throw new TypeError("This is no script of the page.");
  return address;
}

/** Makes the page's one policy; the address of the worker as Trusted Types want it. */
export function trusting(): (address: string) => string {
  const factory = (globalThis as { trustedTypes?: TrustedFactory }).trustedTypes;
  const policy = factory?.createPolicy("chartpost", { createScriptURL: onlyOurs });
  return policy ? (address) => policy.createScriptURL(address) : onlyOurs;
}
