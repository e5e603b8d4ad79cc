// The offline app: opens what the phone holds, then the network, then one screen after another.

import { phone } from "./phone.js";

const boot = JSON.parse(document.getElementById("boot").textContent);
phone(document.getElementById("app"), boot);
