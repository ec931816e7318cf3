/* What each kind of server is told, and what its frames are. */
#ifndef DIALECT_H
#define DIALECT_H

#include "model.h"

/** A frame is known by so many of its first bytes. */
enum { PEEK = 16 };

enum kind { DELIVERY, ACK, GAP, REFUSAL, HEARTBEAT, OTHER };

static inline int begins(const char *text, size_t length, const char *with) {
  size_t n = strlen(with);
  return length >= n && memcmp(text, with, n) == 0;
}

static inline enum kind kind_of(const char *text, size_t length) {
  switch (run.dialect) {
    case HUBBUB:
      if (begins(text, length, "{\"type\":\"chat\"")) return DELIVERY;
      if (begins(text, length, "{\"type\":\"ack\"")) return ACK;
      if (begins(text, length, "{\"type\":\"gap\"")) return GAP;
      return begins(text, length, "{\"type\":\"error\"") ? REFUSAL : OTHER;
    case SOCKETIO:
      if (begins(text, length, "42[\"chat\",")) return DELIVERY;
      if (begins(text, length, "44")) return REFUSAL;
      return length == 1 && *text == '2' ? HEARTBEAT : OTHER;
    default:
      return DELIVERY;
  }
}

static inline void path_of(const struct connection *c, char *path, size_t size) {
  const char *name = c->room->name;
  switch (run.dialect) {
    case HUBBUB:
      if (c->resumes) snprintf(path, size, "/api/chat-api/ws?name=b");
      else snprintf(path, size, "/api/chat-api/ws?room=%s&name=b", name);
      return;
    case PLAIN: snprintf(path, size, "/?room=%s", name); return;
    case SOCKETIO: snprintf(path, size, "/socket.io/?EIO=4&transport=websocket"); return;
    case NCHAN: snprintf(path, size, "/%s/%s", c->extra ? "pub" : "sub", name); return;
  }
}

/* Writes what is to be said right after the upgrade. Returns its length. */
static inline int greeting(const struct connection *c, char *text, size_t size) {
  if (!c->resumes) return 0;
  return snprintf(text, size,
                  "{\"type\":\"join\",\"room\":\"%s\",\"data\":{\"since\":{\"epoch\":\"%s\",\"offset\":%lld}}}",
                  c->room->name, c->epoch, (long long)c->offset);
}

/* A frame on the way to the room: writes what must be said to it, and its length to `reply`. Returns 1 once joined. */
static inline int joined_by(const struct connection *c, const char *text, size_t length, char *reply,
                            int *reply_length) {
  switch (run.dialect) {
    case HUBBUB: return kind_of(text, length) == ACK;
    case PLAIN: return length == 6 && memcmp(text, "joined", 6) == 0;
    case SOCKETIO:
      if (begins(text, length, "0{")) *reply_length = sprintf(reply, "40");
      if (begins(text, length, "40")) *reply_length = sprintf(reply, "420[\"join\",\"%s\"]", c->room->name);
      return begins(text, length, "430");
    case NCHAN: return 1;
  }
  return 0;
}

static inline uint64_t random_bits(void) {
  static uint64_t state;
  if (state == 0) state = clock_now() | 1;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state * 0x2545f4914f6cdd1dull;
}

/* A message of the room with this number and time; the content string is `payload` bytes long, or as long as those. */
static inline void compose(const struct room *r, uint64_t number, uint64_t time, struct buffer *text) {
  const struct group *g = r->group;
  char *start = buffer_reserve(text, (size_t)g->payload + TEXT_MAX), *at = start;
  int io = run.dialect == SOCKETIO;
  at += sprintf(at, io ? "42[\"chat\",{%s,\"content\":\"" : "{%s,\"data\":{\"content\":\"", r->quoted);
  int lead = sprintf(at, "%llu %llu ", (unsigned long long)number, (unsigned long long)time);
  if (lead < g->payload) memset(at + lead, 'x', (size_t)(g->payload - lead));
  at += lead < g->payload ? g->payload : lead;
  if (g->ids)
    at += sprintf(at, "\"},\"id\":\"%016llx%016llx\"}", (unsigned long long)random_bits(),
                  (unsigned long long)random_bits());
  else
    at += sprintf(at, io ? "\"}]" : "\"}}");
  text->length += (size_t)(at - start);
}

#endif
