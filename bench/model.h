/* What the load generator consists of: groups of rooms, rooms of connections. */
#ifndef MODEL_H
#define MODEL_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buffer.h"
#include "histogram.h"

enum dialect { HUBBUB, PLAIN, SOCKETIO, NCHAN };
enum mode { LOAD, CONNECT, RESUME };
enum { PORTS_MAX = 16, GROUPS_MAX = 16, FAULTS_MAX = 10, TEXT_MAX = 256 };

/* Counted anew when the warm-up is over, and copied when the measured time is. */
struct tally {
  uint64_t sent, delivered, bytes, acks;
};

struct group {
  /* from the command line */
  char name[32];
  int rooms, members, senders, window, payload, from, sleepers, ids, missed;
  int on[PORTS_MAX], on_count;
  double rate;
  /* of the run */
  int index;
  struct room *room;
  struct tally now, measured;
  struct histogram latency;
  uint64_t checked, gaps, closed;
  int64_t unacked;
  char faults[FAULTS_MAX][TEXT_MAX];
  int fault_count;
};

struct room {
  struct group *group;
  int index, live;            /* live: members that read and are connected */
  char name[32], quoted[48];  /* quoted: as it stands in a message */
  struct connection *members, *senders;
  uint64_t sent, ticks;       /* messages; times that the schedule was due (open loop) */
  int64_t owed;               /* deliveries still to come, all members together */
  uint64_t turn;              /* of the senders */
  int touched;                /* in the list of rooms that may send again (closed loop) */
};

enum state { NEW, UPGRADING, JOINING, READY, GONE };

struct connection {
  int fd, port, index;        /* index: in its room, extra senders behind the members */
  enum state state;
  unsigned char extra;        /* a sender beside the members */
  unsigned char sleeper, checked, resumes;
  unsigned char dirty;        /* has something to send */
  unsigned char waiting;      /* for EPOLLOUT */
  struct room *room;
  struct buffer rest, out;
  uint64_t skip;              /* bytes left of a delivery that needs no look */
  uint64_t got, sent;         /* messages */
  uint64_t *due;              /* checked: the next number of each sender */
  int64_t offset;             /* the last one seen, -1 where there is none */
  char *epoch;                /* only in mode resume */
};

/* Options and state of the one run that a process makes. */
static struct {
  enum dialect dialect;
  enum mode mode;
  int ports[PORTS_MAX], port_count, group_count, spin, wait;
  double seconds, warmup;
  struct group groups[GROUPS_MAX];
  struct connection *connections;
  int connection_count;
  uint64_t now;               /* of the last read or poll, ns */
  uint64_t from, until;       /* latencies count for messages that were due in this time, ns */
  uint64_t last_delivery;     /* ns */
  uint64_t busy;              /* ns */
} run = {.seconds = 5, .warmup = 1};

static inline uint64_t clock_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return run.now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

__attribute__((format(printf, 1, 2), noreturn)) static inline void die(const char *format, ...) {
  va_list values;
  va_start(values, format);
  fputs("loadgen: ", stderr);
  vfprintf(stderr, format, values);
  fputc('\n', stderr);
  exit(1);
}

/* Keeps the first ones. What a server sent may stand in it, so it is made fit for a JSON string here. */
__attribute__((format(printf, 2, 3))) static inline void fault(struct group *g, const char *format, ...) {
  if (g->fault_count == FAULTS_MAX) return;
  char *text = g->faults[g->fault_count++];
  va_list values;
  va_start(values, format);
  vsnprintf(text, TEXT_MAX, format, values);
  va_end(values);
  for (; *text; text++)
    if (*text == '"') *text = '\'';
    else if (*text < ' ' || *text > '~' || *text == '\\') *text = '?';
}

/* The number behind a key such as `"offset":`, or -1. */
static inline int64_t number_after(const char *text, size_t length, const char *key) {
  const char *at = memmem(text, length, key, strlen(key)), *end = text + length;
  if (at == NULL) return -1;
  int64_t value = -1;
  for (at += strlen(key); at < end && *at >= '0' && *at <= '9'; at++)
    value = (value < 0 ? 0 : value) * 10 + (*at - '0');
  return value;
}

#endif
