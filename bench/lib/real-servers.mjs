import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** For all servers of a bench; the directors take it as an authority's. @returns paths of certificate and key */
function certificateIn(folder) {
  const [certificate, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  if (!existsSync(certificate)) {
    const words =
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench";
    const args = [...words.split(" "), "-keyout", key, "-out", certificate];
    const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`openssl: ${stderr}`);
  }
  return [certificate, key];
}

/** The farm of native/farm.c: its commands are there. */
export class RealServers {
  #child;
  #closed;
  #waiting = [];

  /** @param own how many have a listener of their own, and can fail by themselves */
  static async start({ program, check, port, own = 0, folder }) {
    const servers = new RealServers();
    const secrets = check === "https" ? certificateIn(folder) : [];
    const args = [check, String(port), String(own), ...secrets];
    servers.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    servers.#child.stdin.on("error", () => {});
    servers.#closed = new Promise((resolve) => servers.#child.once("close", resolve));
    servers.#closed.then(() => {
      for (const { reject } of servers.#waiting.splice(0)) reject(new Error("the farm has ended"));
    });
    createInterface({ input: servers.#child.stdout }).on("line", (line) =>
      servers.#waiting.shift()?.resolve(JSON.parse(line)),
    );
    await servers.#answer();
    return servers;
  }

  #answer() {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  ask(command) {
    const answer = this.#answer();
    this.#child.stdin.write(`${command}\n`);
    return answer;
  }

  /** All refuse from now on. */
  async stop() {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}
