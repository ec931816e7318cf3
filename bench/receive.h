/* What comes in: every frame is counted, and passed by unread where it is a delivery to somebody out of the sample. */
#ifndef RECEIVE_H
#define RECEIVE_H

#include "check.h"
#include "join.h"

enum {
  INPUT = 256 * 1024, /* bytes of one read */
  REST_MAX = 1 << 20, /* a cut frame may have this many */
};

static char input[REST_MAX + INPUT + 1];

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
  if (kept > 0) memcpy(input, c->rest.bytes, kept);
  ssize_t n = recv(c->fd, input + kept, INPUT, MSG_DONTWAIT);
  if (n <= 0) {
    if (n == 0 || errno != EAGAIN) lost(c, n == 0 ? "the server ended the connection" : strerror(errno));
    return;
  }
  clock_now();
  c->room->group->now.bytes += (uint64_t)n;
  size_t total = kept + (size_t)n;
  input[total] = 0; /* numbers are read up to what is none */
  do {
    step = take_bytes(c, input + used, total - used, &deliveries);
    used += step;
  } while (step > 0 && used < total && c->state != GONE);
  if (total - used > REST_MAX) die("%s: a frame of more than %d bytes", c->room->name, REST_MAX);
  c->rest.length = 0;
  buffer_append(&c->rest, input + used, total - used);
  count(c, deliveries);
}

#endif
