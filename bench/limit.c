/*
 * The floor of what a WebSocket chat server must do, so that the servers measured have something to be compared with.
 * One thread, epoll, no history, no limits, no JSON: what a member sends goes to all members of its room as it is, or
 * with so many bytes more, the same for all, in the place of what a chat has to say besides: who, when, and the offset.
 *
 *   limit --port P --mode each|batch --envelope 140
 *
 * each:  one write for each member and message, at once
 * batch: what was read in one round of epoll leaves with one write for each member, at the end of the round
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "accept.h"
#include "buffer.h"
#include "frame.h"

enum {
  ROUND = 256,             /* events of one round */
  INPUT = 256 * 1024,      /* bytes of one read */
  MESSAGE_MAX = 1 << 20,   /* a longer frame closes its connection */
  PENDING_MAX = 64 << 20,  /* so does a member that is this many bytes behind */
  BUCKETS = 4096,
  ENVELOPE_MAX = 1024,     /* bytes */
};

struct room {
  char *name;
  struct room *next;        /* of this bucket */
  struct client **members;
  size_t count, space;
  struct buffer batch;      /* what this round has read for it; with mode each, one message */
};

struct client {
  int fd, closing, waiting; /* waiting: for EPOLLOUT */
  struct room *room;        /* NULL until the upgrade is done */
  size_t place;             /* in the room's members */
  struct buffer rest, pending;
};

static int poller, listener, batching;
static char envelope[ENVELOPE_MAX];
static size_t envelope_length;
static char input[MESSAGE_MAX + FRAME_HEADER_MAX + INPUT];
static struct room *buckets[BUCKETS];
static struct room **dirty;
static struct client **dead;
static size_t dirty_count, dirty_space, dead_count, dead_space;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* Makes space for one more pointer in a growing list. */
static void *grow(void *list, size_t count, size_t *space) {
  if (count < *space) return list;
  *space = *space ? *space * 2 : 16;
  list = realloc(list, *space * sizeof(void *));
  if (list == NULL) fail("realloc");
  return list;
}

static struct room *room_named(const char *name, size_t length) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)name[i]) * 16777619u;
  struct room **bucket = &buckets[hash % BUCKETS];
  for (struct room *r = *bucket; r; r = r->next)
    if (strlen(r->name) == length && memcmp(r->name, name, length) == 0) return r;
  struct room *r = calloc(1, sizeof *r);
  if (r == NULL) fail("calloc");
  r->name = strndup(name, length);
  r->next = *bucket;
  return *bucket = r;
}

/* Freed at the end of the round: until then its room may be in the middle of a fan-out, and events may name it. */
static void drop(struct client *c) {
  if (c->closing) return;
  c->closing = 1;
  dead = grow(dead, dead_count, &dead_space);
  dead[dead_count++] = c;
}

static void watch(struct client *c, int op, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(poller, op, c->fd, &event) < 0) fail("epoll_ctl");
}

static void send_pending(struct client *c) {
  int left = buffer_flush(&c->pending, c->fd);
  if (left < 0 || c->pending.length > PENDING_MAX) {
    drop(c);
  } else if (left != c->waiting) {
    c->waiting = left;
    watch(c, EPOLL_CTL_MOD, left ? EPOLLIN | EPOLLOUT : EPOLLIN);
    if (!left) buffer_free(&c->pending);
  }
}

static void send_bytes(struct client *c, const char *bytes, size_t length) {
  if (c->closing) return;
  ssize_t sent = 0;
  if (c->pending.length == 0) {
    sent = send(c->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == (ssize_t)length) return;
    if (sent < 0 && errno != EAGAIN) {
      drop(c);
      return;
    }
    if (sent < 0) sent = 0;
  }
  buffer_append(&c->pending, bytes + sent, length - (size_t)sent);
  if (!c->waiting || c->pending.length > PENDING_MAX) send_pending(c);
}

static void fan_out(struct room *r, const char *bytes, size_t length) {
  for (size_t i = 0; i < r->count; i++) send_bytes(r->members[i], bytes, length);
}

static void unmask(char *bytes, size_t length, const unsigned char mask[4]) {
  for (size_t i = 0; i < length; i++) bytes[i] ^= (char)mask[i & 3];
}

/* A JSON object of as many bytes, but for its end: what a client sent goes on behind its brace. */
static void make_envelope(int bytes) {
  static const char head[] = "{\"more\":\"", tail[] = "\",";
  int padding = bytes + 1 - (int)(sizeof head - 1 + sizeof tail - 1);
  if (bytes == 0) return;
  if (padding < 0 || bytes >= ENVELOPE_MAX) {
    fprintf(stderr, "--envelope: expected 0 or 11 to %d bytes, got %d\n", ENVELOPE_MAX - 1, bytes);
    exit(1);
  }
  memcpy(envelope, head, sizeof head - 1);
  memset(envelope + sizeof head - 1, 'x', (size_t)padding);
  memcpy(envelope + sizeof head - 1 + padding, tail, sizeof tail - 1);
  envelope_length = (size_t)bytes + 1;
}

static void publish(struct room *r, const char *payload, size_t length) {
  char header[FRAME_HEADER_MAX];
  size_t skipped = envelope_length > 0 && length > 0 ? 1 : 0;
  size_t size = frame_write(header, FRAME_TEXT, envelope_length + length - skipped, 0);
  if (batching && r->batch.length == 0) {
    dirty = grow(dirty, dirty_count, &dirty_space);
    dirty[dirty_count++] = r;
  }
  buffer_append(&r->batch, header, size);
  buffer_append(&r->batch, envelope, envelope_length);
  buffer_append(&r->batch, payload + skipped, length - skipped);
  if (batching) return;
  fan_out(r, r->batch.bytes, r->batch.length);
  r->batch.length = 0;
}

static void answer(struct client *c, int first, const char *payload, size_t length) {
  char frame[FRAME_HEADER_MAX + 125];
  size_t size = frame_write(frame, first, length, 0);
  memcpy(frame + size, payload, length);
  send_bytes(c, frame, size + length);
}

/* Returns the bytes of the frame, 0 where it is not whole yet. */
static size_t take_frame(struct client *c, char *bytes, size_t available) {
  struct frame f;
  if (!frame_read(bytes, available, &f)) return 0;
  int control = f.first == FRAME_PING || f.first == FRAME_PONG || f.first == FRAME_CLOSE;
  if (!f.masked || f.length > (control ? 125 : MESSAGE_MAX) || (!control && f.first != FRAME_TEXT)) return drop(c), 0;
  if (available - f.header < f.length) return 0;
  char *payload = bytes + f.header;
  unmask(payload, f.length, f.mask);
  if (f.first == FRAME_TEXT) publish(c->room, payload, f.length);
  if (f.first == FRAME_PING) answer(c, FRAME_PONG, payload, f.length);
  if (f.first == FRAME_CLOSE) answer(c, FRAME_CLOSE, payload, f.length), drop(c);
  return f.header + f.length;
}

static void enter(struct client *c, struct room *r) {
  r->members = grow(r->members, r->count, &r->space);
  c->room = r;
  c->place = r->count;
  r->members[r->count++] = c;
}

/* Returns the bytes of the request, 0 where it is not whole yet. */
static size_t take_upgrade(struct client *c, char *bytes, size_t available) {
  char *end = memmem(bytes, available, "\r\n\r\n", 4);
  if (end == NULL) return 0;
  *end = 0;
  char *query = strstr(bytes, "room="), *key = strcasestr(bytes, "sec-websocket-key:");
  if (key) key += strlen("sec-websocket-key:"), key += strspn(key, " ");
  if (!query || !key || strcspn(key, "\r") != 24) {
    static const char refusal[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    send_bytes(c, refusal, sizeof refusal - 1);
    return drop(c), 0;
  }
  char accept[29], reply[256];
  accept_of(key, accept);
  int length = snprintf(reply, sizeof reply,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n\r\n",
                        accept);
  send_bytes(c, reply, (size_t)length);
  enter(c, room_named(query + 5, strcspn(query + 5, "& \r")));
  answer(c, FRAME_TEXT, "joined", 6);
  return (size_t)(end + 4 - bytes);
}

static void receive(struct client *c) {
  size_t kept = c->rest.length, used = 0, step;
  if (kept > 0) memcpy(input, c->rest.bytes, kept);
  ssize_t n = recv(c->fd, input + kept, INPUT, MSG_DONTWAIT);
  if (n <= 0) {
    if (n == 0 || errno != EAGAIN) drop(c);
    return;
  }
  size_t total = kept + (size_t)n;
  do {
    step = c->room ? take_frame(c, input + used, total - used) : take_upgrade(c, input + used, total - used);
    used += step;
  } while (step > 0 && !c->closing);
  c->rest.length = 0;
  if (total == used) buffer_free(&c->rest);
  else if (total - used > MESSAGE_MAX + FRAME_HEADER_MAX) drop(c);
  else buffer_append(&c->rest, input + used, total - used);
}

static void accept_all(void) {
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL) fail("calloc");
    c->fd = fd;
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
  }
}

static void reap(struct client *c) {
  struct room *r = c->room;
  if (r) {
    r->members[c->place] = r->members[--r->count];
    r->members[c->place]->place = c->place;
  }
  close(c->fd);
  buffer_free(&c->rest);
  buffer_free(&c->pending);
  free(c);
}

static void serve_round(void) {
  struct epoll_event events[ROUND];
  int n = epoll_wait(poller, events, ROUND, -1);
  for (int i = 0; i < n; i++) {
    struct client *c = events[i].data.ptr;
    if (c == NULL) {
      accept_all();
      continue;
    }
    if (events[i].events & EPOLLOUT && !c->closing) send_pending(c);
    if (events[i].events & ~(uint32_t)EPOLLOUT && !c->closing) receive(c);
  }
  for (size_t i = 0; i < dirty_count; i++) {
    fan_out(dirty[i], dirty[i]->batch.bytes, dirty[i]->batch.length);
    dirty[i]->batch.length = 0;
  }
  dirty_count = 0;
  while (dead_count > 0) reap(dead[--dead_count]);
}

static void listen_on(int port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int on = 1;
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, size) < 0) fail("bind");
  if (listen(listener, 4096) < 0) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  struct epoll_event event = {.events = EPOLLIN};
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) < 0) fail("epoll_ctl");
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
}

int main(int argc, char **argv) {
  int port = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--port") == 0) port = atoi(argv[i + 1]);
    if (strcmp(argv[i], "--mode") == 0) batching = strcmp(argv[i + 1], "batch") == 0;
    if (strcmp(argv[i], "--envelope") == 0) make_envelope(atoi(argv[i + 1]));
  }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  listen_on(port);
  for (;;) serve_round();
}
