// The worker of OPEN-ME.html.
import { startBoxWorker } from "../sealed/openme_worker";

startBoxWorker(self);
