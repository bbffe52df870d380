/** The kernel's lists of sockets (Linux: /proc/net): the line of the one that has an inode. */
import * as fs from "node:fs";

/** In which field the state stands, and the inode. */
const FIELDS = {
  tcp: { state: 3, inode: 9 },
  udp: { state: 3, inode: 9 },
  unix: { state: 5, inode: 6 },
} as const;

/** The state of a TCP socket that listens. */
const LISTENS = "0A";

export type ListName = "tcp" | "tcp6" | "udp" | "udp6" | "unix";

export interface Listed {
  line: string;
  words: string[];
  state: string;
}

/** Undefined where it is in no such list, as one that comes from another network namespace, or where the system has none. */
export function findSocket(list: ListName, inode: number): Listed | undefined {
  return find(list, inode, () => false);
}

/** Those that listen are told first, before perhaps a million connections. */
export function findListening(list: "tcp" | "tcp6", inode: number): Listed | undefined {
  return find(list, inode, ({ state }) => state !== LISTENS);
}

function find(
  list: ListName,
  inode: number,
  enough: (listed: Listed) => boolean,
): Listed | undefined {
  const fields = FIELDS[list.replace("6", "") as keyof typeof FIELDS];
  const number = String(inode);
  let heading = true;
  for (const line of linesOf(`/proc/self/net/${list}`)) {
    const words = line.trim().split(/ +/);
    const listed = { line, words, state: words[fields.state] ?? "" };
    if (!heading && enough(listed)) return undefined;
    if (words[fields.inode] === number) return listed;
    heading = false;
  }
  return undefined;
}

/** None, where the file cannot be read. */
function* linesOf(file: string): Generator<string> {
  let fd: number;
  try {
    fd = fs.openSync(file, "r");
  } catch {
    return;
  }
  try {
    const piece = Buffer.alloc(65_536);
    let rest = "";
    for (let read = fs.readSync(fd, piece); read > 0; read = fs.readSync(fd, piece)) {
      // Paths may have letters that one piece ends within: as bytes, until the line is whole.
      const lines = (rest + piece.toString("latin1", 0, read)).split("\n");
      rest = lines.pop()!;
      for (const line of lines) yield Buffer.from(line, "latin1").toString();
    }
  } finally {
    fs.closeSync(fd);
  }
}
