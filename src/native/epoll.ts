/** sys/epoll.h. Values are Linux's, the same on all of its machines. */
import { readUInt32Host, writeUInt32Host } from "./sockaddr.ts";

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
export const epollEventBytes = isPacked ? 12 : 16;
const dataAt = isPacked ? 4 : 8;

/** @param id 0..2^32-1: comes with what is announced */
export function writeEpollEvent(buffer: Buffer, events: number, id: number): void {
  writeUInt32Host(buffer, events, 0);
  writeUInt32Host(buffer, id, dataAt);
}

/** @param index of the event in `buffer` */
export const eventsAt = (buffer: Buffer, index: number): number =>
  readUInt32Host(buffer, index * epollEventBytes);
export const idAt = (buffer: Buffer, index: number): number =>
  readUInt32Host(buffer, index * epollEventBytes + dataAt);
