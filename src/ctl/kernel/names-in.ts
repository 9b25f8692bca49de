interface Named {
  readonly name: string;
  readonly servers: readonly { readonly server: string }[];
}

/** What a word may have been meant for. */
export const namesIn = (services: readonly Named[]): ReadonlySet<string> =>
  new Set(services.flatMap(({ name, servers }) => [name, ...servers.map(({ server }) => server)]));
