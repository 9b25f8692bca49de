/**
 * What earlier readings of the file have learned of its names, kept by whoever reads it more than once: a name
 * server that fails must not take away what runs.
 */
export class NameMemory {
  /** By question: the address that was found last. */
  readonly addresses = new Map<string, string>();
  /** Questions without an answer last time: asked behind the others, which they would hold up. */
  readonly unanswered = new Set<string>();

  /** Of a host's name, whatever family was asked for. */
  addressOf(name: string): string | undefined {
    return this.addresses.get(`host 4 ${name}`) ?? this.addresses.get(`host 6 ${name}`);
  }
}
