/*
 * The load generator: one thread, epoll. It connects, joins, sends by a window or by a schedule, counts every frame by
 * its first bytes and reads a sample whole. Servers of other makers are spoken to in their own dialect (dialect.h).
 *
 * A message counts as delivered where it arrives in the measured time. A latency counts where its message was due in
 * the measured time, also where it arrives later: in the open loop the due time is the schedule's, which waits for
 * nobody, so a server that stalls is charged for all that should have been sent meanwhile.
 *
 *   loadgen --dialect plain --ports 8001 --spin --group members=1000,window=64
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/resource.h>

#include "model.h"
#include "options.h"
#include "report.h"
#include "turn.h"

static const uint64_t SECOND = 1000000000u;

/* After the end, what is still on its way gets this long; silence for this long means that it will not come. */
static const uint64_t DRAIN = 3000000000u, SILENCE = 1500000000u;

static uint64_t schedule_start, next_due;

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (memory == NULL) die("out of memory");
  return memory;
}

static void make_room(struct group *g, int index, struct connection *first, int *sample) {
  struct room *r = &g->room[index];
  int all = g->members + (g->from < 0 ? 0 : g->senders);
  *r = (struct room){.group = g, .index = index, .live = g->members - g->sleepers, .members = first,
                     .senders = g->from < 0 ? first : first + g->members};
  snprintf(r->name, sizeof r->name, "room-%d-%d", g->index, index);
  snprintf(r->quoted, sizeof r->quoted, "\"room\":\"%s\"", r->name);
  for (int i = 0; i < all; i++) {
    struct connection *c = &first[i];
    *c = (struct connection){.fd = -1, .index = i, .room = r, .extra = i >= g->members, .offset = -1};
    c->port = run.ports[c->extra ? g->from : g->on[(index + i) % g->on_count]];
    c->sleeper = !c->extra && i >= g->members - g->sleepers;
    c->checked = !c->extra && !c->sleeper &&
                 (run.mode == RESUME || (i == 0 && (*sample)++ < 64) || (c - run.connections) % 97 == 96);
    if (c->checked) c->due = allocate((size_t)g->senders, sizeof *c->due);
  }
}

static void make_all(void) {
  int rooms = 0, at = 0, sample = 0;
  for (int i = 0; i < run.group_count; i++) {
    struct group *g = &run.groups[i];
    rooms += g->rooms;
    run.connection_count += g->rooms * (g->members + (g->from < 0 ? 0 : g->senders));
  }
  run.connections = allocate((size_t)run.connection_count, sizeof *run.connections);
  wire.dirty = allocate((size_t)run.connection_count, sizeof *wire.dirty);
  wire.touched = allocate((size_t)rooms, sizeof *wire.touched);
  for (int i = 0; i < run.group_count; i++) {
    struct group *g = &run.groups[i];
    g->room = allocate((size_t)g->rooms, sizeof *g->room);
    for (int j = 0; j < g->rooms; j++) {
      make_room(g, j, &run.connections[at], &sample);
      at += g->members + (g->from < 0 ? 0 : g->senders);
    }
  }
}

/* One descriptor a connection, and a few of our own. */
static void raise_limits(void) {
  struct rlimit files;
  rlim_t needed = (rlim_t)run.connection_count + 64;
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur >= needed) return;
  files.rlim_cur = needed;
  if (files.rlim_max < needed) files.rlim_max = needed;
  if (setrlimit(RLIMIT_NOFILE, &files) < 0)
    die("%d connections need `ulimit -n %d`", run.connection_count, (int)needed);
}

/* The window counts messages that have not reached all members: the next goes when one has. */
static void pump_windows(void) {
  int count = wire.touched_count;
  if (count == 0) return;
  uint64_t now = clock_now();
  wire.touched_count = 0;
  for (int i = 0; i < count; i++) {
    struct room *r = wire.touched[i];
    struct connection *c;
    r->touched = 0;
    while (r->live > 0 && r->owed <= (int64_t)(r->group->window - 1) * r->live && (c = next_sender(r)) != NULL) send_message(c, now);
  }
  run.busy += clock_now() - now;
}

/* Rooms of a group are spread over the interval, or they would all send at the same moment. */
static uint64_t due_time(const struct room *r) {
  double tick = (double)r->ticks + (double)r->index / r->group->rooms;
  return schedule_start + (uint64_t)(tick * 1e9 / r->group->rate);
}

static void pump_schedules(void) {
  uint64_t start = clock_now();
  if (next_due > start) return;
  next_due = UINT64_MAX;
  for (int i = 0; i < run.group_count; i++) {
    struct group *g = &run.groups[i];
    for (int j = 0; g->rate > 0 && j < g->rooms; j++) {
      uint64_t due;
      for (struct room *r = &g->room[j]; (due = due_time(r)) <= run.now; r->ticks++) {
        struct connection *c = next_sender(r);
        if (c) send_message(c, due);
      }
      if (due < next_due) next_due = due;
    }
  }
  run.busy += clock_now() - start;
}

/* What is due later than in a millisecond is waited for; the rest of the way is polled. */
static void load_until(uint64_t end) {
  while (clock_now() < end) {
    pump_windows();
    pump_schedules();
    uint64_t next = next_due < end ? next_due : end, now = clock_now();
    uint64_t wait = next > now ? (next - now) / 1000000 : 0;
    turn(wait < 100 ? (int)wait : 100);
  }
}

static int64_t owed_by_all(void) {
  int64_t sum = 0;
  for (int i = 0; i < run.group_count; i++) {
    if (run.groups[i].unacked > 0) sum += run.groups[i].unacked;
    for (int j = 0; j < run.groups[i].rooms; j++)
      if (run.groups[i].room[j].owed > 0) sum += run.groups[i].room[j].owed;
  }
  return sum;
}

static void turn_until(uint64_t end) {
  while (clock_now() < end) turn(10);
}

/* Nothing more is sent. Totals are compared once nothing comes any more; an overloaded server may not get that far. */
static void drain(uint64_t patience) {
  uint64_t start = clock_now();
  run.last_delivery = start;
  while (owed_by_all() > 0 && clock_now() - run.last_delivery < SILENCE && run.now - start < patience) turn(10);
  if (owed_by_all() > 0 && run.now - run.last_delivery < SILENCE) return;
  turn_until(clock_now() + SECOND / 10); /* what comes twice comes now */
  check_totals();
}

static void measure(void) {
  schedule_start = next_due = clock_now();
  run.from = schedule_start + (uint64_t)(run.warmup * 1e9);
  run.until = run.from + (uint64_t)(run.seconds * 1e9);
  for (int i = 0; i < run.group_count; i++)
    for (int j = 0; j < run.groups[i].rooms; j++) touch(&run.groups[i].room[j]);
  load_until(run.from);
  report_event("start");
  for (int i = 0; i < run.group_count; i++) run.groups[i].now = (struct tally){0};
  uint64_t start = clock_now();
  run.busy = 0;
  load_until(run.until);
  double seconds = (double)(clock_now() - start) / 1e9, busy = (double)run.busy / 1e9 / seconds;
  for (int i = 0; i < run.group_count; i++) run.groups[i].measured = run.groups[i].now;
  report_event("stop");
  drain(DRAIN);
  report_result(seconds, busy);
}

/* Serves the connections until stdin has a line. Returns 0 where it says quit or ends. */
static int wait_for_word(void) {
  struct pollfd both[2] = {{.fd = 0, .events = POLLIN}, {.fd = wire.poller, .events = POLLIN}};
  char word[64] = "";
  for (;;) {
    if (poll(both, 2, -1) < 0 && errno != EINTR) die("poll: %s", strerror(errno));
    if (both[1].revents) turn(0);
    if (both[0].revents) return read(0, word, sizeof word - 1) > 0 && strncmp(word, "quit", 4) != 0;
  }
}

static void leave(struct connection *c) {
  static const char normal[] = {3, (char)232}; /* 1000 */
  push_frame(c, FRAME_CLOSE, normal, sizeof normal);
  flush(c);
  if (c->state != READY) die("member %d is gone", c->index);
  close(c->fd);
  wire.dirty_count = c->dirty = 0; /* nobody else has anything to send here */
  c->state = NEW;
  c->resumes = 1;
  c->rest.length = c->out.length = c->skip = 0;
}

static void send_some(struct room *r, int count) {
  struct connection *c = next_sender(r);
  if (c == NULL) die("the sender is gone");
  for (int i = 0; i < count; i++) send_message(c, clock_now());
}

/* All members are away while `missed` messages are sent, and come back at once. */
static void resume(void) {
  struct room *r = run.groups[0].room;
  send_some(r, 10);
  drain(10 * SECOND);
  for (int i = 0; i < r->group->members; i++) leave(&r->members[i]);
  send_some(r, r->group->missed);
  /* The sender is in the room: what it has got is stored. */
  uint64_t start = clock_now();
  while (r->senders->got < r->sent && clock_now() - start < 10 * SECOND) turn(10);
  if (r->senders->got < r->sent) die("the sender got %d of %d messages", (int)r->senders->got, (int)r->sent);
  r->group->now.delivered = 0;
  start = clock_now();
  connect_all(0, r->group->members);
  drain(30 * SECOND);
  report_resume((double)(run.last_delivery - start) / 1e9);
}

int main(int argc, char **argv) {
  read_options(argc, argv);
  make_all();
  raise_limits();
  wire.poller = epoll_create1(EPOLL_CLOEXEC);
  uint64_t start = clock_now();
  connect_all(0, run.connection_count);
  report_ready((double)(clock_now() - start) / 1e9);
  if (run.mode == CONNECT) {
    while (wait_for_word()) continue;
    return 0;
  }
  if (run.wait && !wait_for_word()) return 0;
  if (run.mode == LOAD) measure();
  else resume();
  return 0;
}
