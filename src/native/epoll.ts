/** sys/epoll.h. Values are Linux's, the same on all of its machines. */
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;

export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
/** Told once, an error and an end too: then nothing until EPOLL_CTL_MOD asks again. */
export const EPOLLONESHOT = 0x40000000;

/** struct epoll_event is packed on x86-64 alone: elsewhere its 64 bits of data begin at a multiple of 8. */
const isPacked = process.arch === "x64";
const wordsPerEvent = isPacked ? 3 : 4;
const dataAt = isPacked ? 1 : 2;

/** Room for so many struct epoll_event. The data of each are two numbers of 0..2^32-1. */
export class EpollEvents {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly #words: Uint32Array;

  constructor(count: number) {
    this.count = count;
    this.#words = new Uint32Array(count * wordsPerEvent);
    this.bytes = new Uint8Array(this.#words.buffer);
  }

  /** The first of them. */
  write(events: number, first: number, second: number): void {
    this.#words[0] = events;
    this.#words[dataAt] = first;
    this.#words[dataAt + 1] = second;
  }

  eventsAt(index: number): number {
    return this.#words[index * wordsPerEvent] ?? 0;
  }

  firstAt(index: number): number {
    return this.#words[index * wordsPerEvent + dataAt] ?? 0;
  }

  secondAt(index: number): number {
    return this.#words[index * wordsPerEvent + dataAt + 1] ?? 0;
  }
}
