/** What `smtp` has as its settings. */
export const settings = {
  /** Seconds that each wait may last: 60. (LuaSocket: smtp.TIMEOUT) */
  TIMEOUT: 60,
  /** The server to send mails by: "localhost". (LuaSocket: smtp.SERVER) */
  SERVER: "localhost",
  /** Its port: 25. (LuaSocket: smtp.PORT) */
  PORT: 25,
  /** The name to greet it with: that of the environment's SERVER_NAME, or "localhost". (LuaSocket: smtp.DOMAIN) */
  DOMAIN: process.env["SERVER_NAME"] ?? "localhost",
  /** The time zone that dates are said to be in: "-0000", nobody knows. (LuaSocket: smtp.ZONE) */
  ZONE: "-0000",
};
