/** What `ftp` has as its settings. */
export const settings = {
  /** Seconds that each wait may last: 60. (LuaSocket: ftp.TIMEOUT) */
  TIMEOUT: 60,
  /** Who one is where nothing is said: "ftp". (LuaSocket: ftp.USER) */
  USER: "ftp",
  /** The password of that one. (LuaSocket: ftp.PASSWORD) */
  PASSWORD: "anonymous@anonymous.org",
};

/** The port of servers. */
export const PORT = 21;
