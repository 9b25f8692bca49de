// What a health checker cannot go below: one thread and one epoll; a connect without waiting (for http a request and the
// whole answer, too), its result, the end of the socket; N servers, each once in INTERVAL_MS, spread evenly. Until killed.
//
//   floor connect|http N PORT INTERVAL_MS
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char request[] = "GET /index.html HTTP/1.1\r\nHost: 127.1.0.1\r\nUser-Agent: floor\r\nConnection: close\r\n\r\n";
static int epoll, port;

static uint64_t nowNs(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void await(int fd, int operation, int what) {
  struct epoll_event event = {.events = what, .data.fd = fd};
  epoll_ctl(epoll, operation, fd, &event);
}

static void begin(uint32_t server) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(0x7f010000u + server / 250 * 256 + server % 250 + 1)};
  if (connect(fd, (void *)&address, sizeof address) && errno != EINPROGRESS) close(fd);
  else await(fd, EPOLL_CTL_ADD, EPOLLOUT);
}

int main(int argc, char **argv) {
  if (argc != 5) return 64;
  int isHttp = !strcmp(argv[1], "http");
  uint64_t servers = atoi(argv[2]), started = 0, begun = nowNs();
  double spacing = atoi(argv[4]) * 1e6 / servers;
  port = atoi(argv[3]);
  epoll = epoll_create1(0);
  struct epoll_event events[512];
  static char answer[65536];
  for (;;) {
    uint64_t now = nowNs(), next = begun + (uint64_t)((started + 1) * spacing);
    for (; started < (now - begun) / spacing; started++) begin(started % servers);
    int ready = epoll_wait(epoll, events, 512, next > now ? (next - now) / 1000000 + 1 : 0);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (events[i].events & EPOLLOUT) {
        int error = 0;
        socklen_t length = sizeof error;
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
        if (!error && isHttp && send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0) {
          await(fd, EPOLL_CTL_MOD, EPOLLIN);
          continue;
        }
      } else {
        ssize_t got = read(fd, answer, sizeof answer);
        if (got > 0 || (got < 0 && errno == EAGAIN)) continue;
      }
      close(fd);
    }
  }
}
