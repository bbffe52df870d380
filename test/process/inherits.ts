/**
 * Started with sockets: 3 and 4 are TCP and Unix servers, 5 is UDP, 6 and 7 are connections (TCP, Unix), 8 is a file, 9 and 10 are a TCP server and UDP of IPv6, 99
 * is nothing. First it says what it is told where they are given to the wrong ones, then it takes them.
 */
import { type AddressInfo, createServer, type Server } from "node:net";
import { main, type Operation, spawn, suspend, until } from "effection";
import { serve, socket, type Tcp, type Unix } from "cosocket";

type Binding = () => Operation<unknown>;

const wrong: Record<string, Binding> = {
  "tcp, nothing": () => socket.bind({ fd: 99 }),
  "tcp, a file": () => socket.bind({ fd: 8 }),
  "tcp, unix": () => socket.bind({ fd: 4 }),
  "tcp, udp": () => socket.tcp().bind({ fd: 5 }),
  "tcp, a connection": () => socket.tcp().bind({ fd: 6 }),
  "unix, tcp": () => socket.unix().bind({ fd: 3 }),
  "unix, a connection": () => socket.unix().bind({ fd: 7 }),
  "udp, tcp": () => socket.udp().setsockname({ fd: 3 }),
  "udp, nothing": () => socket.udp().setfd(99),
  "udp4, IPv6": () => socket.udp4().setfd(10),
};

function* echo(client: Tcp | Unix): Operation<void> {
  for (;;) {
    const [line, err] = yield* client.receive();
    if (err) return;
    yield* client.send(`${line} by the heir\n`);
  }
}

/** Its handle has the descriptor. */
function fdOf(server: Server): number {
  return (server as unknown as { _handle: { fd: number } })._handle.fd;
}

await main(function* () {
  for (const [name, binding] of Object.entries(wrong)) {
    try {
      console.log(`${name}: ${JSON.stringify(yield* binding())}`);
    } catch (error) {
      console.log(`${name}: ${String(error)}`);
    }
  }
  const tcp = socket.try(yield* socket.bind({ fd: 3 }));
  const tcp6 = socket.tcp();
  socket.try(yield* tcp6.setfd(9));
  const unix = socket.unix();
  socket.try(yield* unix.bind({ fd: 4 }, 10));
  const udp = socket.udp();
  socket.try(yield* udp.setsockname({ fd: 5 }));
  const udp6 = socket.udp();
  socket.try(yield* udp6.setfd(10));
  const client = socket.tcp();
  socket.try(yield* client.setfd(6));
  const local = socket.unix();
  socket.try(yield* local.setfd(7));
  for (const each of [tcp, tcp6, unix, udp, udp6, client, local])
    console.log(`takes ${each.getfd()}: ${String(each)} ${each.getsockname().join(" ")}`);
  for (const each of [client, local])
    console.log(`peer of ${each.getfd()}: ${each.getpeername().join(" ")}`);
  const nodes = createServer();
  yield* until(new Promise<void>((resolve) => void nodes.listen(0, "127.0.0.1", resolve)));
  const { port } = nodes.address() as AddressInfo;
  const mine = socket.try(yield* socket.connect("127.0.0.1", port));
  const asking = socket.udp();
  socket.try(yield* asking.setsockname("127.0.0.1", 0));
  for (const [name, fd, take] of [
    ["taken by bind", 3, (fd: number) => socket.tcp().bind({ fd })],
    ["a server of Node's", fdOf(nodes), (fd: number) => socket.bind({ fd })],
    ["a client", mine.getfd(), (fd: number) => socket.tcp().setfd(fd)],
    ["a UDP object", asking.getfd(), (fd: number) => socket.udp().setsockname({ fd })],
  ] as const) {
    try {
      console.log(`${name}: ${JSON.stringify(yield* take(fd))}`);
    } catch (error) {
      console.log(`${name}: ${String(error).replace(` ${fd} `, " n ")}`);
    }
  }
  for (const each of [mine, asking, nodes]) each.close();
  for (const each of [client, local]) {
    yield* each.send("taken over\n");
    each.close();
  }
  for (const server of [tcp, tcp6, unix]) yield* spawn(() => serve<Tcp | Unix>(server, echo));
  for (const each of [udp, udp6])
    yield* spawn(function* () {
      for (;;) {
        const [datagram, ip, port] = yield* each.receivefrom();
        if (datagram) yield* each.sendto(`${String(datagram)} by the heir`, ip, port);
      }
    });
  console.log("serves");
  yield* suspend();
});
