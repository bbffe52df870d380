/** Commands and replies, in lines: LuaSocket's socket.tp, below SMTP and FTP. (cosocket/tp) */
import "../environment/index.js";

export type { Control, Create } from "./control.js";
export type { Expected, Reply, ServerReply, TpError } from "./reply.js";
export { Tp, tp } from "./tp.js";
