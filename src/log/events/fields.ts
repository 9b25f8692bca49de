import { type Endpoint, formatEndpoint, formatHost, sameEndpoint } from "../../model/address.ts";
import {
  type ServiceKey,
  serviceId,
  serviceName,
  serviceProtocol,
} from "../../model/virtual-service.ts";

/** One field of an event: how what the code gives for it is printed. */
export interface Field<V> {
  readonly inText: (value: V) => string;
  /** As a field of the journal and of JSON. Without it, it stands in the text only. */
  readonly asField?: (value: V) => string | number;
  /** Of what it has more to say, in fields of their own. */
  readonly parts?: Readonly<Record<string, (value: V) => string>>;
}
export interface OptionalField<V> extends Field<V> {
  readonly isOptional: true;
}

export const optional = <V>(field: Field<V>): OptionalField<V> => ({ ...field, isOptional: true });

export const word: Field<string> = { inText: (text) => text, asField: (text) => text };
export const count: Field<number> = { inText: String, asField: (number) => number };

/** The whole text, which need not be a field beside itself. */
export const message: Field<string> = { inText: (text) => text };

/** `10.0.0.1:80`, or a bare mark. */
export const service: Field<ServiceKey> = { inText: serviceName, asField: serviceName };

/** `tcp:10.0.0.1:80` in the text, as the original has it; the fields have the name, and the protocol apart. */
export const serviceById: Field<ServiceKey> = {
  inText: serviceId,
  asField: serviceName,
  parts: { protocol: serviceProtocol },
};

export const endpoint: Field<Endpoint> = { inText: formatEndpoint, asField: formatEndpoint };

/** Port 0 is for "none given"; the original's own lines write it, those of ours do not. The fields keep it. */
const place = ({ address, port }: Endpoint): string =>
  port === 0 ? formatHost(address) : formatEndpoint({ address, port });
export const placeGiven: Field<Endpoint> = { inText: place, asField: formatEndpoint };

/** A row's place in the table, and where it differs, what the file writes. */
export interface RowPlace extends Endpoint {
  readonly mappedFrom?: Endpoint;
}

/** @param asWritten as the file writes it; undefined: the file does not have it */
export const rowPlace = (inTable: Endpoint, asWritten: Endpoint | undefined): RowPlace =>
  asWritten === undefined || sameEndpoint(inTable, asWritten)
    ? inTable
    : { ...inTable, mappedFrom: asWritten };

/** The original names both where it takes something away, and only the file's where it adds. */
export const formatRowPlace = (row: RowPlace): string =>
  row.mappedFrom === undefined
    ? formatEndpoint(row)
    : `${formatEndpoint(row)} mapped from ${formatEndpoint(row.mappedFrom)}`;
export const realServer: Field<RowPlace> = { inText: formatRowPlace, asField: formatRowPlace };

/** What another hand changed: a row, or the virtual service itself. */
export const changedRow: Field<Endpoint | "virtual service"> = {
  inText: (row) => (typeof row === "string" ? row : place(row)),
  asField: (row) => (typeof row === "string" ? row : formatEndpoint(row)),
};

/** `durationMs` is DURATION_MS. Upper case, digits and `_`, a letter first: what journald takes. */
export const fieldName = (field: string): string =>
  field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
