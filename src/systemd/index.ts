/** Being a service of systemd: sockets that it has opened, and telling it how the program does. (cosocket/systemd) */
import "../environment/index.js";

export { activated, type Activated } from "./activated.js";
export { type Notice, notify, watchdog } from "./notify.js";
