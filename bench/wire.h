/* Connections and the turns of the event loop: what comes in is counted, what goes out leaves with one write a turn. */
#ifndef WIRE_H
#define WIRE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "check.h"
#include "dialect.h"
#include "frame.h"

enum {
  ROUND = 256,           /* events of one turn */
  INPUT = 256 * 1024,    /* bytes of one read */
  REST_MAX = 1 << 20,    /* a cut frame may have this many */
  AT_ONCE = 256,         /* connections on their way */
  PER_ADDRESS = 20000,   /* connections from one source address: there are 28,000 ports by default */
};

static struct {
  int poller;
  char input[REST_MAX + INPUT + 1];
  struct connection **dirty;
  int dirty_count;
  struct room **touched;
  int touched_count;
  int next, end, ready;  /* connecting: the next one, the last one + 1, how many have joined */
} wire;

/* A sleeper that has joined is only watched for its end. */
static inline void watch(struct connection *c, int op) {
  uint32_t in = c->sleeper && c->state == READY ? EPOLLRDHUP : EPOLLIN;
  struct epoll_event event = {.events = c->waiting ? in | EPOLLOUT : in, .data.ptr = c};
  if (epoll_ctl(wire.poller, op, c->fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
}

/* The room may send again, or must at least be looked at, at the start of the next turn. */
static inline void touch(struct room *r) {
  if (r->touched || r->group->window == 0) return;
  r->touched = 1;
  wire.touched[wire.touched_count++] = r;
}

static inline void lost(struct connection *c, const char *why) {
  struct room *r = c->room;
  if (c->state != READY)
    die("connection %d of %s on port %d: %s, %d of %d are ready", c->index, r->name, c->port, why, wire.ready, wire.end);
  close(c->fd);
  c->state = GONE;
  r->group->closed++;
  if (c->sleeper) return;
  fault(r->group, "%s, %s %d: %s", r->name, c->extra ? "sender" : "member", c->index, why);
  if (c->extra) return;
  r->live--;
  r->owed -= (int64_t)(r->sent - c->got);
  touch(r);
}

static inline void mark_dirty(struct connection *c) {
  if (!c->dirty) wire.dirty[wire.dirty_count++] = c;
  c->dirty = 1;
}

static inline void push_frame(struct connection *c, int first, const char *text, size_t length) {
  char header[FRAME_HEADER_MAX];
  buffer_append(&c->out, header, frame_write(header, first, length, 1));
  buffer_append(&c->out, text, length);
  mark_dirty(c);
}

static inline void flush(struct connection *c) {
  if (c->state == GONE) return;
  int left = buffer_flush(&c->out, c->fd);
  if (left < 0) {
    lost(c, strerror(errno));
  } else if (left != c->waiting) {
    c->waiting = (unsigned char)left;
    watch(c, EPOLL_CTL_MOD);
  }
}

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
    die("connection %d of %s on port %d: expected 101 and the right Sec-WebSocket-Accept, got\n%s", c->index, c->room->name,
        c->port, bytes);
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

/* Messages that will not come: they are not owed any more, and a fault, since only a sleeper may be too slow. */
static inline void take_gap(struct connection *c, const char *text, size_t length) {
  int64_t from = number_after(text, length, "\"from\":"), to = number_after(text, length, "\"to\":");
  int64_t missed = number_after(text, length, "\"missed\":");
  if (missed < 0 && from >= 0) missed = to - from + 1, c->offset = to;
  c->room->group->gaps++;
  fault(c->room->group, "%s, member %d: %.*s", c->room->name, c->index, (int)length, text);
  if (c->extra || missed < 0) return;
  c->got += (uint64_t)missed;
  c->room->owed -= missed;
  touch(c->room);
}

static inline void take_close(struct connection *c, const char *text, size_t length) {
  const unsigned char *code = (const unsigned char *)text;
  char why[TEXT_MAX];
  snprintf(why, sizeof why, "closed with %d %.*s", length < 2 ? 1005 : code[0] << 8 | code[1],
           length < 2 ? 0 : (int)length - 2, text + 2);
  push_frame(c, FRAME_CLOSE, text, length);
  flush(c);
  if (c->state != GONE) lost(c, why);
}

static inline void take_text(struct connection *c, const char *text, size_t length, uint64_t *deliveries) {
  struct group *g = c->room->group;
  switch (kind_of(text, length)) {
    case DELIVERY:
      ++*deliveries;
      if (c->checked) check_delivery(c, text, length);
      break;
    case ACK: g->now.acks++, g->unacked--; break;
    case GAP: take_gap(c, text, length); break;
    case REFUSAL: fault(g, "%s: %.*s", c->room->name, (int)length, text); break;
    case HEARTBEAT: push_frame(c, FRAME_TEXT, "3", 1); break;
    case OTHER: break;
  }
}

/* A whole frame that needs a look. `deliveries` counts those of this read. */
static inline void take_frame(struct connection *c, int first, const char *text, size_t length, uint64_t *deliveries) {
  if (first == FRAME_PING) push_frame(c, FRAME_PONG, text, length);
  else if (first == FRAME_CLOSE) take_close(c, text, length);
  else if (first == FRAME_TEXT && c->state == JOINING) join_by(c, text, length);
  else if (first == FRAME_TEXT) take_text(c, text, length, deliveries);
}

static inline int needs_no_look(const struct connection *c, const struct frame *f, const char *payload) {
  return c->state == READY && !c->checked && f->first == FRAME_TEXT && kind_of(payload, f->length) == DELIVERY;
}

/* Returns the bytes used, 0 where more are needed. A delivery that nobody looks at may be passed in parts. */
static inline size_t take_bytes(struct connection *c, char *bytes, size_t available, uint64_t *deliveries) {
  struct frame f;
  if (c->state == UPGRADING) return take_response(c, bytes, available);
  if (c->skip > 0) {
    size_t step = c->skip < available ? c->skip : available;
    c->skip -= step;
    *deliveries += c->skip == 0;
    return step;
  }
  if (!frame_read(bytes, available, &f)) return 0;
  if (f.masked || (f.first != FRAME_TEXT && (f.first < FRAME_CLOSE || f.first > FRAME_PONG)))
    die("%s, connection %d: a frame that this generator does not know: %02x", c->room->name, c->index, f.first);
  char *payload = bytes + f.header;
  size_t there = available - f.header;
  int whole = there >= f.length;
  if (there < (f.length < PEEK ? f.length : PEEK)) return 0;
  if (needs_no_look(c, &f, payload)) {
    *deliveries += (uint64_t)whole;
    c->skip = whole ? 0 : f.length - there;
    return whole ? f.header + f.length : available;
  }
  if (!whole) return 0;
  take_frame(c, f.first, payload, f.length, deliveries);
  return f.header + f.length;
}

static inline void count(struct connection *c, uint64_t deliveries) {
  struct room *r = c->room;
  c->got += deliveries;
  if (c->extra || c->sleeper || deliveries == 0) return;
  r->group->now.delivered += deliveries;
  run.last_delivery = run.now;
  if (c->state == READY) r->owed -= (int64_t)deliveries;
  touch(r);
}

static inline void receive(struct connection *c) {
  size_t kept = c->rest.length, used = 0, step;
  uint64_t deliveries = 0;
  if (kept > 0) memcpy(wire.input, c->rest.bytes, kept);
  ssize_t n = recv(c->fd, wire.input + kept, INPUT, MSG_DONTWAIT);
  if (n <= 0) {
    if (n == 0 || errno != EAGAIN) lost(c, n == 0 ? "the server ended the connection" : strerror(errno));
    return;
  }
  clock_now();
  c->room->group->now.bytes += (uint64_t)n;
  size_t total = kept + (size_t)n;
  wire.input[total] = 0; /* numbers are read up to what is none */
  do {
    step = take_bytes(c, wire.input + used, total - used, &deliveries);
    used += step;
  } while (step > 0 && used < total && c->state != GONE);
  if (total - used > REST_MAX) die("%s: a frame of more than %d bytes", c->room->name, REST_MAX);
  c->rest.length = 0;
  buffer_append(&c->rest, wire.input + used, total - used);
  count(c, deliveries);
}

static inline void take_event(struct connection *c, uint32_t events) {
  int in = (events & ~(uint32_t)EPOLLOUT) != 0;
  if (c->state == NEW || c->state == GONE) return;
  if (events & EPOLLOUT) flush(c);
  if (!in || c->state == GONE) return;
  if (c->state == READY && c->sleeper) lost(c, "closed");
  else receive(c);
}

static inline void flush_all(void) {
  if (wire.dirty_count == 0) return;
  uint64_t start = clock_now();
  for (int i = 0; i < wire.dirty_count; i++) {
    wire.dirty[i]->dirty = 0;
    flush(wire.dirty[i]);
  }
  wire.dirty_count = 0;
  run.busy += clock_now() - start;
}

/* One turn of the event loop: waits at most `wait` ms for events, not at all where it polls busily. */
static inline void turn(int wait) {
  struct epoll_event events[ROUND];
  flush_all();
  uint64_t start = clock_now();
  int n = epoll_wait(wire.poller, events, ROUND, run.spin ? 0 : wait);
  if (n <= 0) return;
  if (!run.spin) start = clock_now();
  for (int i = 0; i < n; i++) take_event(events[i].data.ptr, events[i].events);
  run.busy += clock_now() - start;
  flush_all();
}

/* Opens connections first..end-1, so many at a time, and returns when all have joined. */
static inline void connect_all(int first, int end) {
  int before = -1;
  uint64_t progress = 0;
  wire.next = first, wire.end = end, wire.ready = 0;
  while (wire.ready < end - first) {
    while (wire.next < end && wire.next - first - wire.ready < AT_ONCE) open_connection(&run.connections[wire.next++]);
    turn(100);
    if (wire.ready != before) before = wire.ready, progress = run.now;
    if (run.now - progress > 15000000000u) die("only %d of %d connections have joined, none for 15 s", before, end - first);
  }
}

/* The connection numbers its messages; the time is when this one was due. */
static inline void send_message(struct connection *c, uint64_t time) {
  struct room *r = c->room;
  struct group *g = r->group;
  static struct buffer text;
  uint64_t sender = (uint64_t)(c - r->senders);
  text.length = 0;
  compose(r, c->sent++ * (uint64_t)g->senders + sender, time, &text);
  push_frame(c, FRAME_TEXT, text.bytes, text.length);
  r->sent++;
  r->owed += r->live;
  g->now.sent++;
  g->unacked += g->ids;
}

/* The next one of the room's senders that is still there, or NULL. */
static inline struct connection *next_sender(struct room *r) {
  for (int i = 0; i < r->group->senders; i++) {
    struct connection *c = &r->senders[r->turn++ % (uint64_t)r->group->senders];
    if (c->state == READY) return c;
  }
  return NULL;
}

#endif
