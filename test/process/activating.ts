/** `activated`, with the number of its own process as LISTEN_PID, which nobody knows before it is there. */
import process from "node:process";

process.env["LISTEN_PID"] = String(process.pid);
process.env["LISTEN_FDS"] ??= "1";
await import("./activated.js");
