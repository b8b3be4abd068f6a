// The worker that seals and sends.
import { startWorker } from "../sealed/worker_seal";

startWorker(self);
