import { runIn } from "../namespace.ts";
import { until } from "../until.ts";
import { KeepalivedAndOurs } from "./keepalived.ts";
import { directorNames } from "./pair.ts";
import type { DirectorName } from "./topologies.ts";

/** Recipe a with both at work: each has one of the addresses, and the other director's as its spare. */
export class KeepalivedByHalves extends KeepalivedAndOurs {
  /** As the page says: the # is taken from the two lines that name a director. */
  protected override async prepare(director: DirectorName): Promise<void> {
    await super.prepare(director);
    await this.lab.directors[director].run(
      "sed",
      "-i",
      "s/#@/@/",
      "/etc/keepalived/keepalived.conf",
    );
  }

  /** Both at once, as after a power cut; each comes to its own address. */
  override async start(): Promise<void> {
    await Promise.all(directorNames.map((name) => this.prepare(name)));
    await Promise.all(directorNames.map((name) => this.startKeepalived(name)));
    await this.untilAtHome();
  }

  /** As after a boot of one of them. */
  override async startAgain(director: DirectorName): Promise<void> {
    this.startDaemon(director);
    await this.untilRows(director, 6);
    await this.startKeepalived(director);
    await this.untilAtHome();
  }

  /** Each address is with its director and with no other, and each hears the connections of the other. */
  async untilAtHome(): Promise<void> {
    await this.untilHolders(["director1"], ["director2"]);
    for (const name of directorNames) {
      const look = () => runIn(this.lab.directors[name].namespace, "ipvsadm", ["-l", "--daemon"]);
      const isBoth = (text: string) => text.includes("master") && text.includes("backup");
      await until(look, isBoth, `${name} tells its connections and hears the other's`);
    }
  }
}
