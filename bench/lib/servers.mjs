/** Real servers in a process of their own: one listener, at every address of loopback. */
import { spawn } from "node:child_process";

const program = `
  const server = require("node:net").createServer((socket) => socket.destroy());
  server.listen({ port: 0, host: "0.0.0.0", backlog: 65535 }, () => process.send(server.address().port));
  process.on("disconnect", () => process.exit());
`;

/** @returns its port; from `kill` on all refuse at once */
export async function servers() {
  const child = spawn(process.execPath, ["-e", program], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const port = await new Promise((resolve) => child.once("message", resolve));
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  return { port, kill };
}
