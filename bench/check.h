/* The sample whose payloads are read whole: right room, nothing lost, repeated, swapped or changed. */
#ifndef CHECK_H
#define CHECK_H

#include "model.h"

/* A number tells its sender: nth * senders + sender. Each sender's messages come in their order, each of them once. */
static inline void check_number(struct connection *c, uint64_t number) {
  uint64_t senders = (uint64_t)c->room->group->senders, nth = number / senders, *due = &c->due[number % senders];
  if (nth != *due)
    fault(c->room->group, "%s, member %d: message %llu of sender %llu came, %llu was due", c->room->name, c->index,
          (unsigned long long)nth, (unsigned long long)(number % senders), (unsigned long long)*due);
  *due = nth + 1;
}

static inline void check_offset(struct connection *c, int64_t offset) {
  if (offset < 0) return;
  if (c->offset >= 0 && offset != c->offset + 1)
    fault(c->room->group, "%s, member %d: offset %lld came after %lld", c->room->name, c->index, (long long)offset,
          (long long)c->offset);
  c->offset = offset;
}

/* The content is as long as it was sent, and nothing but padding behind the number and the time. */
static inline int is_intact(const char *content, const char *padding, const char *end, int payload) {
  const char *stop = content + payload > padding ? content + payload : padding;
  if (stop >= end || *stop != '"') return 0;
  while (padding < stop && *padding == 'x') padding++;
  return padding == stop;
}

static inline void check_delivery(struct connection *c, const char *text, size_t length) {
  static const char key[] = "\"content\":\"";
  struct group *g = c->room->group;
  const char *end = text + length, *content = memmem(text, length, key, sizeof key - 1);
  char *after = NULL;
  g->checked++;
  if (!memmem(text, length, c->room->quoted, strlen(c->room->quoted)) || content == NULL) {
    fault(g, "%s, member %d: not a message of this room: %.*s", c->room->name, c->index, (int)length, text);
    return;
  }
  check_offset(c, number_after(text, (size_t)(content - text), "\"offset\":"));
  content += sizeof key - 1;
  uint64_t number = strtoull(content, &after, 10), time = strtoull(after, &after, 10);
  check_number(c, number);
  if (!is_intact(content, after + 1, end, g->payload))
    fault(g, "%s, member %d: changed on the way: %.*s", c->room->name, c->index, (int)length, text);
  if (time >= run.from && time < run.until) histogram_add(&g->latency, run.now > time ? run.now - time : 0);
}

/* At the end, when nothing is on its way any more: every member that reads, checked or not, has got every message. */
static inline void check_totals(void) {
  for (int i = 0; i < run.connection_count; i++) {
    struct connection *c = &run.connections[i];
    if (c->state != READY || c->sleeper || c->extra || c->got == c->room->sent) continue;
    fault(c->room->group, "%s, member %d: got %llu of %llu messages", c->room->name, c->index,
          (unsigned long long)c->got, (unsigned long long)c->room->sent);
  }
  for (int i = 0; i < run.group_count; i++)
    if (run.groups[i].unacked != 0) fault(&run.groups[i], "%lld acks did not come", (long long)run.groups[i].unacked);
}

#endif
