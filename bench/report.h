/* Results, as JSON lines on stdout. */
#ifndef REPORT_H
#define REPORT_H

#include "model.h"

static inline void report_event(const char *name) {
  printf("{\"event\":\"%s\"}\n", name);
  fflush(stdout);
}

static inline void report_ready(double seconds) {
  printf("{\"event\":\"ready\",\"connections\":%d,\"seconds\":%.3f}\n", run.connection_count, seconds);
  fflush(stdout);
}

static inline void print_faults(const struct group *g) {
  printf("\"faults\":[");
  for (int i = 0; i < g->fault_count; i++) printf("%s\"%s\"", i ? "," : "", g->faults[i]);
  printf("]");
}

static inline void print_latency(const struct histogram *h) {
  static const struct { const char *name; double share; } points[] = {
      {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
  if (h->count == 0) {
    printf("\"latency\":null,");
    return;
  }
  printf("\"latency\":{");
  for (int i = 0; i < 4; i++) printf("\"%s\":%.3f,", points[i].name, (double)histogram_at(h, points[i].share) / 1e6);
  printf("\"max\":%.3f},", (double)h->max / 1e6);
}

static inline void print_group(const struct group *g, double seconds) {
  int64_t backlog = 0;
  for (int i = 0; i < g->rooms; i++) backlog += g->room[i].owed;
  printf("{\"name\":\"%s\",\"rooms\":%d,\"members\":%d,\"sent\":%llu,\"delivered\":%llu,\"perSecond\":%.0f,"
         "\"received_bytes\":%llu,", g->name, g->rooms, g->members, (unsigned long long)g->measured.sent,
         (unsigned long long)g->measured.delivered, (double)g->measured.delivered / seconds,
         (unsigned long long)g->measured.bytes);
  print_latency(&g->latency);
  printf("\"checked\":%llu,", (unsigned long long)g->checked);
  print_faults(g);
  printf(",\"acks\":%llu,\"gaps\":%llu,\"closed\":%llu,\"backlog\":%lld}", (unsigned long long)g->measured.acks,
         (unsigned long long)g->gaps, (unsigned long long)g->closed, (long long)backlog);
}

static inline void report_result(double seconds, double busy) {
  printf("{\"event\":\"result\",\"seconds\":%.3f,\"busy\":%.3f,\"groups\":[", seconds, busy);
  for (int i = 0; i < run.group_count; i++) {
    if (i) printf(",");
    print_group(&run.groups[i], seconds);
  }
  printf("]}\n");
}

static inline void report_resume(double seconds) {
  printf("{\"event\":\"result\",\"seconds\":%.3f,\"replayed\":%llu,", seconds,
         (unsigned long long)run.groups[0].now.delivered);
  print_faults(&run.groups[0]);
  printf("}\n");
}

#endif
