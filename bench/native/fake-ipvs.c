// LD_PRELOAD for keepalived where the kernel has no IPVS: its older interface (socket options) takes every change of the
// table, and writes those of real servers to the file that FAKE_IPVS names, a line each:
//   CLOCK_MONOTONIC in microseconds, `add` or `delete`, ADDRESS:PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/ip_vs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int isTable(int level, int name) { return level == IPPROTO_IP && name >= IP_VS_BASE_CTL && name <= IP_VS_SO_SET_MAX; }

static void tell(const char *what, const struct ip_vs_dest_user *server) {
  static int fd = -1;
  const char *path = getenv("FAKE_IPVS");
  if (fd < 0 && path) fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  char line[128];
  int length = snprintf(line, sizeof line, "%lu %s %s:%d\n", t.tv_sec * 1000000ul + t.tv_nsec / 1000, what,
                        inet_ntoa((struct in_addr){server->addr}), ntohs(server->port));
  if (fd >= 0 && write(fd, line, length) != length) abort();
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
  static int (*real)(int, int, int, const void *, socklen_t);
  if (isTable(level, name)) {
    const struct ip_vs_dest_user *server = (const void *)((const char *)value + sizeof(struct ip_vs_service_user));
    if (name == IP_VS_SO_SET_ADDDEST) tell("add", server);
    if (name == IP_VS_SO_SET_DELDEST) tell("delete", server);
    return 0;
  }
  if (!real) real = dlsym(RTLD_NEXT, "setsockopt");
  return real(fd, level, name, value, length);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
  static int (*real)(int, int, int, void *, socklen_t *);
  if (isTable(level, name)) {
    memset(value, 0, *length);
    if (name == IP_VS_SO_GET_INFO) {
      ((struct ip_vs_getinfo *)value)->version = 0x010201;
      ((struct ip_vs_getinfo *)value)->size = 4096;
    }
    return 0;
  }
  if (!real) real = dlsym(RTLD_NEXT, "getsockopt");
  return real(fd, level, name, value, length);
}
