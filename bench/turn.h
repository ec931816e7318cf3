/* The event loop: one write a connection and turn, however many messages. */
#ifndef TURN_H
#define TURN_H

#include "receive.h"

enum {
  ROUND = 256,   /* events of one turn */
  AT_ONCE = 256, /* connections on their way */
};

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
    if (run.now - progress > 15000000000u)
      die("only %d of %d connections have joined, none for 15 s", before, end - first);
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
