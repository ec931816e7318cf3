/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "model.h"

static const char usage[] =
    "usage: loadgen --dialect hubbub|plain|socketio|nchan --ports 8001,8002 [--mode load|connect|resume]\n"
    "  [--seconds 5] [--warmup 1] [--spin] [--wait] --group k=v,k=v [--group ...]\n"
    "group: name=a rooms=1 members=1000 senders=1 payload=128 on=0+1 from=0 sleepers=0 ids=0|1 missed=50\n"
    "  window=W (closed loop) or rate=R (open loop, a second and room) or neither (idle)";

static inline int choice(const char *what, const char *value, const char *const names[]) {
  for (int i = 0; names[i]; i++)
    if (strcmp(names[i], value) == 0) return i;
  die("%s: %s is not known\n%s", what, value, usage);
}

static inline double number(const char *what, const char *value, double least) {
  char *end;
  double n = strtod(value, &end);
  if (end == value || *end || !(n >= least))
    die("%s: expected a number from %g, got %s\n%s", what, least, value, usage);
  return n;
}

static inline int numbers(const char *what, char *list, const char *separator, int *into) {
  char *rest = NULL;
  int count = 0;
  for (char *word = strtok_r(list, separator, &rest); word; word = strtok_r(NULL, separator, &rest)) {
    if (count == PORTS_MAX) die("%s: at most %d", what, PORTS_MAX);
    into[count++] = (int)number(what, word, 0);
  }
  return count;
}

static inline void group_option(struct group *g, const char *key, char *value) {
  const struct { const char *key; int *into, least; } plain[] = {
      {"rooms", &g->rooms, 1},       {"members", &g->members, 1},   {"senders", &g->senders, 1},
      {"window", &g->window, 1},     {"payload", &g->payload, 1},   {"from", &g->from, 0},
      {"sleepers", &g->sleepers, 0}, {"ids", &g->ids, 0},           {"missed", &g->missed, 1},
  };
  if (strcmp(key, "name") == 0) snprintf(g->name, sizeof g->name, "%s", value);
  else if (strcmp(key, "rate") == 0) g->rate = number(key, value, 1e-3);
  else if (strcmp(key, "on") == 0) g->on_count = numbers(key, value, "+", g->on);
  else {
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
      if (strcmp(key, plain[i].key) != 0) continue;
      *plain[i].into = (int)number(key, value, plain[i].least);
      return;
    }
    die("group: %s is not known\n%s", key, usage);
  }
}

static inline void add_group(char *text) {
  if (run.group_count == GROUPS_MAX) die("at most %d groups", GROUPS_MAX);
  struct group *g = &run.groups[run.group_count];
  *g = (struct group){.index = run.group_count++, .rooms = 1, .members = 1000, .senders = 1, .payload = 128,
                      .from = -1, .on_count = 1, .missed = 50};
  snprintf(g->name, sizeof g->name, "%d", g->index);
  char *rest = NULL;
  for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
    char *equals = strchr(word, '=');
    if (equals == NULL) die("group: expected key=value, got %s\n%s", word, usage);
    *equals = 0;
    group_option(g, word, equals + 1);
  }
}

static inline void check_group(struct group *g) {
  if (g->window > 0 && g->rate > 0) die("group %s: either window or rate", g->name);
  if (g->ids && run.dialect != HUBBUB) die("group %s: ids need the dialect hubbub", g->name);
  for (int i = 0; i < g->on_count; i++)
    if (g->on[i] >= run.port_count) die("group %s: on=%d, but there are %d ports", g->name, g->on[i], run.port_count);
  if (g->from >= run.port_count) die("group %s: from=%d, but there are %d ports", g->name, g->from, run.port_count);
  if (run.mode == RESUME && (run.dialect != HUBBUB || g->rooms != 1 || run.group_count != 1 || g->sleepers))
    die("resume: one group of one room, without sleepers, and the dialect hubbub");
  /* Here senders are never members: nchan has no connection that does both, and who resumes must have been away. */
  if (g->from < 0 && (run.dialect == NCHAN || run.mode == RESUME)) g->from = g->on[0];
  int writers = g->from < 0 ? g->senders : 0;
  if (writers + g->sleepers > g->members) die("group %s: more senders and sleepers than members", g->name);
  if (g->sleepers == g->members) die("group %s: at least one member must read", g->name);
}

static inline void read_options(int argc, char **argv) {
  static const char *const dialects[] = {"hubbub", "plain", "socketio", "nchan", NULL};
  static const char *const modes[] = {"load", "connect", "resume", NULL};
  int dialect = -1;
  for (int i = 1; i < argc; i++) {
    char *key = argv[i];
    if (strcmp(key, "--spin") == 0) run.spin = 1;
    else if (strcmp(key, "--wait") == 0) run.wait = 1;
    else if (++i == argc) die("%s: expected a value\n%s", key, usage);
    else if (strcmp(key, "--dialect") == 0) dialect = choice(key, argv[i], dialects);
    else if (strcmp(key, "--mode") == 0) run.mode = (enum mode)choice(key, argv[i], modes);
    else if (strcmp(key, "--ports") == 0) run.port_count = numbers(key, argv[i], ",", run.ports);
    else if (strcmp(key, "--seconds") == 0) run.seconds = number(key, argv[i], 1e-3);
    else if (strcmp(key, "--warmup") == 0) run.warmup = number(key, argv[i], 0);
    else if (strcmp(key, "--group") == 0) add_group(argv[i]);
    else die("%s is not known\n%s", key, usage);
  }
  if (dialect < 0 || run.port_count == 0 || run.group_count == 0) die("%s", usage);
  run.dialect = (enum dialect)dialect;
  for (int i = 0; i < run.group_count; i++) check_group(&run.groups[i]);
}

#endif
