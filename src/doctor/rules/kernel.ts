/** What the kernel has to bring. */
import { fine, type Rule, unseen, wrong } from "../rule.ts";
import { serviceText } from "../services.ts";

const ipvs: Rule = {
  id: "ip-vs",
  severity: "fault",
  finds: "module ip_vs is not loaded",
  why: "there is no table of virtual services, and nothing is passed on",
  look: ({ modules: { present, loadable } }) => {
    if (present.has("ip_vs")) return [fine("ip_vs is loaded")];
    const isMissing = loadable.ok && !loadable.value.has("ip_vs");
    const keep = "echo ip_vs > /etc/modules-load.d/ip_vs.conf";
    return [
      isMissing
        ? wrong("ip_vs is not loaded, and there is no such module for this kernel", [
            "uname -r  # install the modules of this kernel, or one that has IPVS",
          ])
        : wrong("ip_vs is not loaded", ["modprobe ip_vs", keep]),
    ];
  },
};

const scheduler: Rule = {
  id: "scheduler",
  severity: "fault",
  finds: "the kernel has no module for a scheduler that the file names",
  why: "the kernel refuses the virtual service, and its clients find nothing",
  look: ({ virtuals, modules: { present, loadable } }) => {
    const names = new Map(virtuals.map((virtual) => [virtual.scheduler, virtual]));
    return [...names].map(([name, virtual]) => {
      const module = `ip_vs_${name}`;
      if (present.has(module)) return fine(`scheduler ${name} is loaded`);
      if (!loadable.ok) return unseen(`whether the kernel has ${module}`, loadable.error);
      if (loadable.value.has(module)) return fine(`scheduler ${name} can be loaded`);
      const what = `${serviceText(virtual)} wants scheduler ${name}, and this kernel has no ${module}`;
      return wrong(what, [`modprobe ${module}  # or write scheduler=wrr, and for sources sh`]);
    });
  },
};

export const kernelRules: readonly Rule[] = [ipvs, scheduler];
