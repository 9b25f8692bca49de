// The real servers of starved.test.ts, in a process of their own: what holds the test up is not to hold them up. The
// setting, as JSON in the first argument: { slowMs, key, cert }, the last two in PEM. Its first line on standard output
// is { quick, slow, https, dying, pop, smtp }: their ports on 127.0.0.1. On standard input `silence` keeps `dying` from
// answering, `speak` has it answer again; with the end of its input it ends.
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const { slowMs, key, cert } = JSON.parse(process.argv[2]);
let isSilent = false;

const web = (server, answer) =>
  server.on("request", (_request, response) => answer(() => response.end("Welcome\n")));

/** A server of a line protocol: a greeting, then one answer a line, all of them together within `slowMs`. */
const dialogue = (greeting, ...answers) =>
  createServer((socket) => {
    const pauseMs = slowMs / (answers.length + 1);
    const left = [...answers];
    socket.on("error", () => {});
    setTimeout(() => socket.write(`${greeting}\r\n`), pauseMs);
    socket.on("data", (bytes) => {
      for (const _line of bytes.toString().match(/\n/g) ?? []) {
        const answer = left.shift();
        setTimeout(
          () => (answer === undefined ? socket.end() : socket.write(`${answer}\r\n`)),
          pauseMs,
        );
      }
    });
  });

const servers = {
  quick: web(createHttp(), (end) => end()),
  slow: web(createHttp(), (end) => setTimeout(end, slowMs)),
  https: web(createHttps({ key, cert }), (end) => setTimeout(end, slowMs / 2)),
  dying: web(createHttp(), (end) => {
    if (!isSilent) end();
  }),
  pop: dialogue("+OK", "-ERR no", "+OK", "+OK"),
  smtp: dialogue("220 name.example", "250 fine", "221 bye"),
};

const ports = {};
for (const [name, server] of Object.entries(servers)) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  ports[name] = server.address().port;
}
console.log(JSON.stringify(ports));
const orders = createInterface(process.stdin);
orders.on("line", (line) => {
  isSilent = line === "silence";
});
orders.on("close", () => process.exit());
