import type { Ipvs } from "../ipvs/ipvs.ts";
import { Turns } from "../ipvs/turns.ts";
import { formatEndpoint } from "../model/address.ts";
import { type ServiceKey, serviceId, serviceName } from "../model/virtual-service.ts";

const rowsAPiece = 100;

/** `{"services":[…]}`, each with its rows under `name`: of a large table made while it is written. */
export async function* servicesInPieces(
  name: string,
  services: readonly (readonly [service: object, rows: readonly unknown[]])[],
): AsyncGenerator<Uint8Array> {
  const turns = new Turns();
  yield Buffer.from('{"services":[');
  for (const [i, [service, rows]] of services.entries()) {
    let text = `${i === 0 ? "" : ","}${JSON.stringify(service).slice(0, -1)},"${name}":[`;
    for (let from = 0; from < rows.length; from += rowsAPiece) {
      const some = JSON.stringify(rows.slice(from, from + rowsAPiece)).slice(1, -1);
      yield Buffer.from(`${text}${from === 0 ? "" : ","}${some}`);
      text = "";
      await turns.yieldIfLong();
    }
    yield Buffer.from(`${text}]}`);
    await turns.yieldIfLong();
  }
  yield Buffer.from("]}\n");
}

export const named = (key: ServiceKey) => ({ id: serviceId(key), name: serviceName(key) });

/** What the kernel has counted, as JSON. @throws NetlinkError */
export async function serialCounters(
  kernel: Pick<Ipvs, "counters">,
): Promise<readonly Uint8Array[]> {
  const services = (await kernel.counters()).map(
    ({ key, traffic, dests }) =>
      [
        { ...named(key), traffic },
        dests.map(({ endpoint, ...counts }) => ({ row: formatEndpoint(endpoint), ...counts })),
      ] as const,
  );
  const pieces: Uint8Array[] = [];
  for await (const piece of servicesInPieces("servers", services)) pieces.push(piece);
  return pieces;
}
