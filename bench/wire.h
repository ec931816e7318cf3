/* Sockets: what is watched, what waits to be sent, and how a connection ends. */
#ifndef WIRE_H
#define WIRE_H

#include <sys/epoll.h>
#include <unistd.h>

#include "frame.h"
#include "model.h"

static struct {
  int poller;
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
    die("connection %d of %s on port %d: %s, %d of %d are ready", c->index, r->name, c->port, why, wire.ready,
        wire.end);
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

#endif
