/** Waits for any number of sockets through one descriptor, which is the only one that the event loop watches. */
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EpollEvents } from "./epoll.ts";
import { LibcError } from "./errno.ts";
import type { LibcWithQuickCalls } from "./libc.ts";
import type { FdWatch } from "./watch.ts";

/** @param events EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP */
type OnReady = (events: number) => void;

/**
 * By number, 1: a descriptor that is open, as far as there is room. A thread that ends in the middle of something closes
 * none, and no handle of Node's does; whoever shares this with it can, once it has ended.
 */
export type OpenDescriptors = Uint8Array;

/** Taken from the kernel in one call. */
const most = 512;
/** More than can be closed and opened again between two looks at what was announced. */
const turns = 1024;

export class Poller {
  readonly #libc: LibcWithQuickCalls;
  readonly #epoll: number;
  /**
   * By descriptor. Its number is given to the next socket as soon as it is closed, and what was announced of the one is
   * not to be heard by the other: whose turn it is comes with what is announced.
   */
  readonly #ears: (OnReady | undefined)[] = [];
  readonly #turns: number[] = [];
  #size = 0;
  readonly #event = new EpollEvents(1);
  readonly #events = new EpollEvents(most);
  /** Kept: the event loop forgets a watch that nobody holds. */
  readonly #watch: FdWatch;
  readonly #open: OpenDescriptors;

  /** @param open what is open is noted there @throws LibcError */
  constructor(libc: LibcWithQuickCalls, open: OpenDescriptors = new Uint8Array(0)) {
    const epoll = libc.quick.epollCreate();
    if (epoll < 0) throw new LibcError("epoll_create1", -epoll);
    this.#libc = libc;
    this.#epoll = epoll;
    this.#open = open;
    open[epoll] = 1;
    this.#watch = libc.watch(epoll, () => this.#read());
    this.#watch.unref();
  }

  /** How many sockets are waited for. */
  get size(): number {
    return this.#size;
  }

  /** From now on `onReady` hears of `fd`, again and again as long as it is so. @returns its id, above 0; or minus the errno */
  add(fd: number, events: number, onReady: OnReady): number {
    const turn = ((this.#turns[fd] ?? 0) + 1) % turns;
    this.#event.write(events, fd, turn);
    const result = this.#libc.quick.epollCtl(this.#epoll, EPOLL_CTL_ADD, fd, this.#event.bytes);
    if (result < 0) return result;
    this.#turns[fd] = turn;
    this.#ears[fd] = onReady;
    this.#open[fd] = 1;
    this.#size++;
    return fd * turns + turn;
  }

  /** For other events, and another ear. @returns 0, or minus the errno */
  change(id: number, events: number, onReady: OnReady): number {
    const fd = this.#waiting(id);
    if (fd < 0) return 0;
    this.#ears[fd] = onReady;
    this.#event.write(events, fd, id % turns);
    return this.#libc.quick.epollCtl(this.#epoll, EPOLL_CTL_MOD, fd, this.#event.bytes);
  }

  /** Closes the socket. Nothing is heard of it any more. */
  close(id: number): void {
    const fd = this.#forget(id);
    if (fd >= 0) this.#libc.quick.close(fd);
  }

  /** Lets go of the socket, which stays open. @returns its descriptor */
  release(id: number): number {
    const fd = this.#forget(id);
    if (fd >= 0) this.#libc.quick.epollCtl(this.#epoll, EPOLL_CTL_DEL, fd, this.#event.bytes);
    return fd;
  }

  /** @returns the descriptor, or -1 when it is not waited for any more */
  #waiting(id: number): number {
    const fd = Math.floor(id / turns);
    return this.#turns[fd] === id % turns && this.#ears[fd] !== undefined ? fd : -1;
  }

  #forget(id: number): number {
    const fd = this.#waiting(id);
    if (fd < 0) return -1;
    this.#ears[fd] = undefined;
    // Before it is closed: from then on the number may be another's.
    this.#open[fd] = 0;
    this.#size--;
    return fd;
  }

  /** No socket is waited for any more. */
  end(): void {
    this.#watch.stop();
    this.#open[this.#epoll] = 0;
    this.#libc.quick.close(this.#epoll);
  }

  #read(): void {
    const events = this.#events;
    let count: number;
    do {
      count = this.#libc.quick.epollWait(this.#epoll, events.bytes, events.count);
      for (let i = 0; i < count; i++) {
        const fd = events.firstAt(i);
        if (this.#turns[fd] === events.secondAt(i)) this.#ears[fd]?.(events.eventsAt(i));
      }
    } while (count === most);
  }
}
