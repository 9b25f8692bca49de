// The real servers of a bench, in one process: answers at the addresses 127.1.x.y, and counts who asks.
//
//   farm connect|http|https PORT OWN [CERTIFICATE KEY]
//
// OWN 0: one listener for all addresses; else so many addresses have one of their own, and can fail by themselves.
// Commands on standard input, one line of JSON each on standard output; times are CLOCK_MONOTONIC in microseconds:
//   reset US        begins a window; US is the time between two checks of a server
//   report          of the window: connections, how far the time between two was off, those left out, own CPU
//   seen            since the start: connections, servers asked, when the first and the last new one was
//   close I, open I       server I refuses, and answers again
//   mute I, unmute I      server I is silent (its queue is full, and nobody takes from it), and answers again
//   dark PORT       every address is silent at this port
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FIRST = 0x7f010000, SERVERS = 1 << 16, SOCKETS = 1 << 18, FILLERS = 2, STEP_US = 100, STEPS = 100000 };

static const char page[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n"
                           "Connection: close\r\n\r\nWelcome here\n";
static int epoll, port, isHttp;
static SSL_CTX *tls;

/* By descriptor: what it is, and its session. */
static enum { CLIENT, LISTENER, COMMANDS } kinds[SOCKETS];
static SSL *sessions[SOCKETS];

/* By server. */
static int listeners[SERVERS], fillers[SERVERS][FILLERS];
static uint64_t lastUs[SERVERS];
static char isKnown[SERVERS];

/* Since the start. */
static uint64_t total, servers, firstUs, lastNewUs;

/* Of the window; `off` counts by steps of 0.1 ms. */
static uint64_t windowUs, connections, gaps, leftOut;
static int64_t everyUs = 1000000, mostOff;
static uint32_t off[STEPS + 1];
static double windowCpu;

static uint64_t nowUs(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

static double cpuSeconds(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

/* 250 servers to a /24. */
static struct sockaddr_in addressOf(int server, int atPort) {
  uint32_t address = server < 0 ? INADDR_ANY : FIRST + server / 250 * 256 + server % 250 + 1;
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atPort), .sin_addr.s_addr = htonl(address)};
}

static void watch(int fd, int kind) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  kinds[fd] = kind;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* @param server whose; -1: all of them */
static int listenAt(int server, int atPort, int backlog) {
  struct sockaddr_in address = addressOf(server, atPort);
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (fd < 0 || bind(fd, (void *)&address, sizeof address) || listen(fd, backlog)) {
    perror("farm: listen");
    exit(2);
  }
  return fd;
}

/* One fits into a queue of length 0; from the second on the kernel drops who comes. */
static void fill(struct sockaddr_in address, int *held) {
  for (int i = 0; i < FILLERS; i++) {
    held[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connect(held[i], (void *)&address, sizeof address) && errno != EINPROGRESS) perror("farm: connect");
  }
}

static void note(int fd) {
  struct sockaddr_in own;
  socklen_t length = sizeof own;
  uint64_t now = nowUs();
  total++;
  connections++;
  if (getsockname(fd, (void *)&own, &length)) return;
  uint32_t server = (ntohl(own.sin_addr.s_addr) - FIRST) % SERVERS;
  if (!isKnown[server]) {
    isKnown[server] = 1;
    servers++;
    if (!firstUs) firstUs = now;
    lastNewUs = now;
  }
  if (lastUs[server]) {
    int64_t gap = now - lastUs[server], far = llabs(gap - everyUs);
    gaps++;
    if (gap * 2 > everyUs * 3) leftOut += (gap + everyUs / 2) / everyUs - 1;
    if (far > mostOff) mostOff = far;
    off[far / STEP_US > STEPS ? STEPS : far / STEP_US]++;
  }
  lastUs[server] = now;
}

static double offMs(double part) {
  uint64_t wanted = part * (gaps ? gaps - 1 : 0), seen = 0;
  for (int i = 0; i <= STEPS; i++)
    if ((seen += off[i]) > wanted) return (i + 0.5) * STEP_US / 1000.0;
  return 0;
}

static void command(const char *line) {
  char word[16] = "";
  long n = 0;
  sscanf(line, "%15s %ld", word, &n);
  if (!strcmp(word, "reset")) {
    everyUs = n;
    memset(off, 0, sizeof off);
    connections = gaps = leftOut = 0;
    mostOff = 0;
    windowUs = nowUs();
    windowCpu = cpuSeconds();
  } else if (!strcmp(word, "close")) {
    close(listeners[n]);
  } else if (!strcmp(word, "open")) {
    watch(listeners[n] = listenAt(n, port, 4096), LISTENER);
  } else if (!strcmp(word, "mute")) {
    epoll_ctl(epoll, EPOLL_CTL_DEL, listeners[n], NULL);
    listen(listeners[n], 0);
    fill(addressOf(n, port), fillers[n]);
  } else if (!strcmp(word, "unmute")) {
    for (int i = 0; i < FILLERS; i++) close(fillers[n][i]);
    listen(listeners[n], 4096);
    watch(listeners[n], LISTENER);
  } else if (!strcmp(word, "dark")) {
    static int held[FILLERS];
    listenAt(-1, n, 0);
    fill(addressOf(0, n), held);
  }
  if (!strcmp(word, "report"))
    printf("{\"seconds\":%.6f,\"connections\":%lu,\"gaps\":%lu,\"leftOut\":%lu,\"offP50\":%.2f,\"offP99\":%.2f,"
           "\"offMost\":%.2f,\"cpu\":%.4f}\n",
           (nowUs() - windowUs) / 1e6, connections, gaps, leftOut, offMs(.5), offMs(.99), mostOff / 1000.0,
           cpuSeconds() - windowCpu);
  else
    printf("{\"atUs\":%lu,\"total\":%lu,\"servers\":%lu,\"firstUs\":%lu,\"lastNewUs\":%lu}\n", nowUs(), total, servers,
           firstUs, lastNewUs);
  fflush(stdout);
}

static void readCommands(void) {
  static char text[4096];
  static size_t length;
  ssize_t got = read(0, text + length, sizeof text - 1 - length);
  if (got <= 0) exit(0);
  text[length += got] = 0;
  for (char *end; (end = strchr(text, '\n')); memmove(text, end + 1, length + 1)) {
    *end = 0;
    command(text);
    length -= end + 1 - text;
  }
}

static void accept256(int listener) {
  for (int i = 0; i < 256; i++) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) return;
    note(fd);
    if (tls) {
      sessions[fd] = SSL_new(tls);
      SSL_set_fd(sessions[fd], fd);
      SSL_set_accept_state(sessions[fd]);
    }
    watch(fd, CLIENT);
  }
}

/* A request that came is one request: pages are asked for in one packet. */
static void serve(int fd) {
  static char request[65536];
  int isOver;
  if (tls) {
    SSL *session = sessions[fd];
    int got = SSL_read(session, request, sizeof request), why = SSL_get_error(session, got);
    if ((isOver = got > 0)) {
      SSL_write(session, page, sizeof page - 1);
      SSL_shutdown(session);
    } else {
      isOver = why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE;
    }
    ERR_clear_error();
    if (isOver) SSL_free(session);
  } else {
    ssize_t got = read(fd, request, sizeof request);
    isOver = got > 0 ? isHttp : got == 0 || errno != EAGAIN;
    if (got > 0 && isHttp && send(fd, page, sizeof page - 1, 0) < 0) isOver = 1;
  }
  if (isOver) close(fd);
}

int main(int argc, char **argv) {
  if (argc < 4) return 64;
  signal(SIGPIPE, SIG_IGN);
  setrlimit(RLIMIT_NOFILE, &(struct rlimit){SOCKETS, SOCKETS});
  isHttp = !strncmp(argv[1], "http", 4);
  port = atoi(argv[2]);
  epoll = epoll_create1(0);
  if (!strcmp(argv[1], "https")) {
    tls = SSL_CTX_new(TLS_server_method());
    if (argc < 6 || SSL_CTX_use_certificate_file(tls, argv[4], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, argv[5], SSL_FILETYPE_PEM) != 1)
      return 3;
    SSL_CTX_set_options(tls, SSL_OP_NO_TICKET);
  }
  int own = atoi(argv[3]);
  if (own == 0) watch(listenAt(-1, port, 65535), LISTENER);
  for (int i = 0; i < own; i++) watch(listeners[i] = listenAt(i, port, 4096), LISTENER);
  watch(0, COMMANDS);
  puts("{}");
  fflush(stdout);
  struct epoll_event events[512];
  for (;;) {
    int ready = epoll_wait(epoll, events, 512, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (kinds[fd] == COMMANDS) readCommands();
      else if (kinds[fd] == LISTENER) accept256(fd);
      else serve(fd);
    }
  }
}
