// An FTP server: active and passive, IPv4 and IPv6. The login is checker, right.
import { connect, createServer } from "node:net";

export function serveFtp(socket, { files, without = [] }) {
  const say = (line) => socket.writable && socket.write(`${line}\r\n`);
  let isLoggedIn = false;
  /** Ends with a connection for the file. */
  let openData;
  const passive = (reply) => {
    const server = createServer();
    openData = () => new Promise((resolve) => server.once("connection", resolve));
    const opened = openData();
    openData = () => opened;
    server.listen({ port: 0, host: socket.localAddress }, () => say(reply(server.address().port)));
    server.once("connection", () => server.close());
    socket.on("close", () => server.close());
  };
  const active = (host, port) => {
    openData = async () => connect({ host, port, localAddress: socket.localAddress });
    say("200 there");
  };
  const commands = {
    USER: () => say("331 password?"),
    PASS: (word) => {
      isLoggedIn = word === "right";
      say(isLoggedIn ? "230 welcome" : "530 who?");
    },
    CWD: () => say("250 done"),
    TYPE: () => say("200 done"),
    PASV: () =>
      passive((port) => {
        const numbers = [...socket.localAddress.split("."), port >> 8, port & 0xff];
        return `227 here (${numbers.join(",")}).`;
      }),
    EPSV: () => passive((port) => `229 here (|||${port}|)`),
    PORT: (word) => {
      const numbers = word.split(",").map(Number);
      active(numbers.slice(0, 4).join("."), numbers[4] * 256 + numbers[5]);
    },
    EPRT: (word) => {
      const [, , host, port] = word.split("|");
      active(host, Number(port));
    },
    RETR: async (path) => {
      if (files[path] === undefined) return say("550 no such file");
      if (!openData) return say("425 where?");
      say("150 here it comes");
      const data = await openData();
      data.on("error", () => {});
      data.on("close", () => say("226 done"));
      data.end(files[path]);
      data.resume();
    },
    QUIT: () => socket.end("221 bye\r\n"),
  };
  say("220 lab");
  let pending = "";
  socket.on("data", (bytes) => {
    const lines = (pending + bytes.toString("latin1")).split(/\r?\n/);
    pending = lines.pop();
    for (const line of lines) {
      const [, word = "", rest = ""] = /^(\w+) ?(.*)$/.exec(line) ?? [];
      const command = word.toUpperCase();
      const needsLogin = !["USER", "PASS", "QUIT"].includes(command);
      if (commands[command] === undefined || without.includes(command)) say("500 what?");
      else if (needsLogin && !isLoggedIn) say("530 who are you?");
      else commands[command](rest);
    }
  });
}
