// Turns a stream of the page's worker into a download of the browser's own. It caches nothing and sees no key.
import { startDownloads } from "../sealed/downloads";

startDownloads(self as unknown as Parameters<typeof startDownloads>[0]);
