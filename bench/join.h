/* The way of a connection into its room: connect, upgrade, join. */
#ifndef JOIN_H
#define JOIN_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "dialect.h"
#include "wire.h"

/** Connections from one source address: there are 28,000 ports by default. */
enum { PER_ADDRESS = 20000 };

static inline void open_connection(struct connection *c) {
  int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET};
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) die("socket: %s", strerror(errno));
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  uint32_t host = INADDR_LOOPBACK + (uint32_t)((c - run.connections) / PER_ADDRESS);
  if (host != INADDR_LOOPBACK) {
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    address.sin_addr.s_addr = htonl(host);
    if (bind(c->fd, (struct sockaddr *)&address, sizeof address) < 0) die("bind: %s", strerror(errno));
  }
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons((uint16_t)c->port);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
    die("connect to port %d: %s", c->port, strerror(errno));
  char path[TEXT_MAX];
  path_of(c, path, sizeof path);
  char *request = buffer_reserve(&c->out, 2 * TEXT_MAX);
  c->out.length += (size_t)snprintf(request, 2 * TEXT_MAX,
      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", path, c->port);
  c->state = UPGRADING;
  c->waiting = 1;
  watch(c, EPOLL_CTL_ADD);
}

static inline void become_ready(struct connection *c) {
  c->state = READY;
  wire.ready++;
  if (c->sleeper) watch(c, EPOLL_CTL_MOD);
}

/* Returns the bytes of the response, 0 while it is not whole. */
static inline size_t take_response(struct connection *c, char *bytes, size_t available) {
  char *end = memmem(bytes, available, "\r\n\r\n", 4), reply[TEXT_MAX];
  if (end == NULL) return 0;
  *end = 0;
  if (!begins(bytes, available, "HTTP/1.1 101 ") || !strstr(bytes, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
    die("connection %d of %s on port %d: expected 101 and the right Sec-WebSocket-Accept, got\n%s", c->index,
        c->room->name, c->port, bytes);
  c->state = JOINING;
  int length = greeting(c, reply, sizeof reply);
  if (length > 0) push_frame(c, FRAME_TEXT, reply, (size_t)length);
  if (run.dialect == NCHAN) become_ready(c);
  return (size_t)(end + 4 - bytes);
}

/* The position from which the room's messages are to come, and what resuming needs. */
static inline void keep_position(struct connection *c, const char *text, size_t length) {
  static const char key[] = "\"epoch\":\"";
  int64_t top = number_after(text, length, "\"offset\":");
  if (c->resumes) return; /* its position is where it stopped */
  c->offset = top;
  char *epoch = memmem(text, length, key, sizeof key - 1);
  if (run.mode != RESUME || epoch == NULL) return;
  epoch += sizeof key - 1;
  c->epoch = strndup(epoch, strcspn(epoch, "\""));
}

static inline void join_by(struct connection *c, const char *text, size_t length) {
  char reply[TEXT_MAX];
  int reply_length = 0, done = joined_by(c, text, length, reply, &reply_length);
  if (kind_of(text, length) == REFUSAL) die("%s: %.*s", c->room->name, (int)length, text);
  if (reply_length > 0) push_frame(c, FRAME_TEXT, reply, (size_t)reply_length);
  if (!done) return;
  if (run.dialect == HUBBUB) keep_position(c, text, length);
  become_ready(c);
}

#endif
