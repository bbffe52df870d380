/** Files by FTP: LuaSocket's socket.ftp. (cosocket/ftp) */
import "../environment/index.js";

export { ftp } from "./ftp.js";
export { Ftp } from "./session.js";
export type {
  Command,
  FtpError,
  Get,
  Passive,
  Put,
  Receiving,
  Sending,
  Site,
  Transfer,
} from "./types.js";
export type { Control, Create, Expected, Reply, ServerReply, Tp, TpError } from "../tp/index.js";
export type { ParsedUrl } from "../url/index.js";
