// npm run example:manual
//
// The echo server of the LuaSocket manual, line for line: one client at a time, one line each. It listens on a free port of
// all interfaces; talk to it with telnet or nc on the port that it prints.
import { main } from "effection";
import { socket } from "cosocket";

await main(function* () {
  // create a TCP socket and bind it to the local host, at any port
  const server = socket.try(yield* socket.bind("*", 0));
  // find out which port the OS chose for us
  const [ip, port] = server.getsockname();
  // print a message informing what's up
  console.log(`Please telnet to localhost on port ${port}`);
  console.log(`After connecting, you have 10s to enter a line to be echoed (bound to ${ip})`);
  // loop forever waiting for clients
  for (;;) {
    // wait for a connection from any client
    const client = socket.try(yield* server.accept());
    // make sure we don't block waiting for this client's line
    client.settimeout(10);
    // receive the line
    const [line, err] = yield* client.receive();
    // if there was no error, send it back to the client
    if (!err) yield* client.send(line + "\n");
    // done with client, close the object
    client.close();
  }
});
