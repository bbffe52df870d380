/** Mails by SMTP: LuaSocket's socket.smtp, and STARTTLS. (cosocket/smtp) */
import "../environment/index.js";

export { Smtp } from "./session.js";
export { smtp } from "./smtp.js";
export type {
  Envelope,
  HeaderFields,
  Mail,
  Message,
  Multipart,
  Secured,
  SmtpError,
} from "./types.js";
export type { Control, Create, Expected, Reply, ServerReply, Tp, TpError } from "../tp/index.js";
