/** A `service=` word, as the check that answers for it declares it. */
export interface ServiceWord {
  readonly name: string;
  /** Where it is asked when neither `checkport` nor the real server's line says. Absent: it has no port of its own. */
  readonly port?: number;
  /** It is asked by UDP where the virtual service is UDP's; or nothing is asked. */
  readonly goesWithUdp?: true;
  /** It has pages, so that `httpmethod` means something to it. */
  readonly hasPages?: true;
  /**
   * `[checks] demand-tls` can name it, so that its password goes out over TLS or not at all. true: the check sees to that
   * (`demandsTls`); a word: it cannot, and that service can.
   */
  readonly tlsOnDemand?: true | string;
  /** Who logs in when the file names the service and no `login`, or no `passwd`. @param hostname ours */
  readonly defaults?: (hostname: string) => { readonly login?: string; readonly passwd?: string };
}

/** Every word that a check answers for, by name. */
export type ServiceWords = ReadonlyMap<string, ServiceWord>;

/** The word for a virtual service that names none, and whose port implies none. */
export const unnamedService = "none";
