// The line echo server with Go's net and bufio, for the benchmark: it says "port <n>". With "gathered" it writes when it has answered all that has come;
// otherwise each line by itself. Told "collect", it collects garbage, and says so.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"runtime/debug"
)

func main() {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("port %d\n", listener.Addr().(*net.TCPAddr).Port)
	go collect()
	handle := echo
	if len(os.Args) > 1 && os.Args[1] == "gathered" {
		handle = echoGathered
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go handle(connection)
	}
}

func echo(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		if _, err := connection.Write(line); err != nil {
			return
		}
	}
}

func echoGathered(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	writer := bufio.NewWriter(connection)
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		writer.Write(line)
		if reader.Buffered() == 0 {
			if err := writer.Flush(); err != nil {
				return
			}
		}
	}
}

func collect() {
	told := bufio.NewScanner(os.Stdin)
	for told.Scan() {
		debug.FreeOSMemory()
		fmt.Println("collected")
	}
	// A server shall not outlive a benchmark that was killed.
	os.Exit(0)
}
