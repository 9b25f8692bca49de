/** Waits for any number of sockets through one descriptor, which is the only one that the event loop watches. */
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  epollEventBytes,
  eventsAt,
  idAt,
  writeEpollEvent,
} from "./epoll.ts";
import { LibcError } from "./errno.ts";
import type { FdWatch, LibcWithQuickCalls } from "./libc.ts";

/** @param events EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP */
type OnReady = (events: number) => void;

interface Waiting {
  readonly fd: number;
  onReady: OnReady;
}

/** Taken from the kernel in one call. */
const most = 512;

export class Poller {
  readonly #libc: LibcWithQuickCalls;
  readonly #epoll: number;
  /**
   * By an id that is used once: a descriptor's number is given to the next socket as soon as it is closed, and what was
   * announced of the one is not to be heard by the other.
   */
  readonly #waiting = new Map<number, Waiting>();
  #newestId = 0;
  readonly #event = Buffer.alloc(epollEventBytes);
  readonly #events = Buffer.alloc(most * epollEventBytes);
  /** Kept: the event loop forgets a watch that nobody holds. */
  readonly #watch: FdWatch;

  /** @throws LibcError */
  constructor(libc: LibcWithQuickCalls) {
    const epoll = libc.quick.epollCreate();
    if (epoll < 0) throw new LibcError("epoll_create1", -epoll);
    this.#libc = libc;
    this.#epoll = epoll;
    this.#watch = libc.watch(epoll, () => this.#read());
    this.#watch.unref();
  }

  /** How many sockets are waited for. */
  get size(): number {
    return this.#waiting.size;
  }

  /** From now on `onReady` hears of `fd`, again and again as long as it is so. @returns its id, above 0; or minus the errno */
  add(fd: number, events: number, onReady: OnReady): number {
    const id = this.#nextId();
    writeEpollEvent(this.#event, events, id);
    const result = this.#libc.quick.epollCtl(this.#epoll, EPOLL_CTL_ADD, fd, this.#event);
    if (result < 0) return result;
    this.#waiting.set(id, { fd, onReady });
    return id;
  }

  /** For other events, and another ear. @returns 0, or minus the errno */
  change(id: number, events: number, onReady: OnReady): number {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return 0;
    waiting.onReady = onReady;
    writeEpollEvent(this.#event, events, id);
    return this.#libc.quick.epollCtl(this.#epoll, EPOLL_CTL_MOD, waiting.fd, this.#event);
  }

  /** Closes the socket. Nothing is heard of it any more. */
  close(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#libc.quick.close(waiting.fd);
  }

  /** Lets go of the socket, which stays open. @returns its descriptor */
  release(id: number): number {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return -1;
    this.#waiting.delete(id);
    this.#libc.quick.epollCtl(this.#epoll, EPOLL_CTL_DEL, waiting.fd, this.#event);
    return waiting.fd;
  }

  #nextId(): number {
    do this.#newestId = (this.#newestId % 0xffff_ffff) + 1;
    while (this.#waiting.has(this.#newestId));
    return this.#newestId;
  }

  #read(): void {
    let count: number;
    do {
      count = this.#libc.quick.epollWait(this.#epoll, this.#events);
      for (let i = 0; i < count; i++) {
        this.#waiting.get(idAt(this.#events, i))?.onReady(eventsAt(this.#events, i));
      }
    } while (count === most);
  }
}
