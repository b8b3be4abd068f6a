// The background script of the share page.
import { startWorker } from "../sealed/worker_open";

startWorker(self);
