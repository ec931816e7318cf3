/* Bytes that wait: the rest of a frame that was cut by a read, or what a socket did not take yet. */
#ifndef BUFFER_H
#define BUFFER_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct buffer {
  char *bytes;
  size_t length, room;
};

/* Makes room for `extra` more bytes and returns where they go; the caller adds what it wrote to `length`. */
static inline char *buffer_reserve(struct buffer *b, size_t extra) {
  if (b->length + extra > b->room) {
    b->room = b->room * 2 > b->length + extra ? b->room * 2 : b->length + extra;
    b->bytes = realloc(b->bytes, b->room);
    if (b->bytes == NULL) {
      perror("realloc");
      exit(1);
    }
  }
  return b->bytes + b->length;
}

static inline void buffer_append(struct buffer *b, const void *bytes, size_t length) {
  if (length == 0) return;
  memcpy(buffer_reserve(b, length), bytes, length);
  b->length += length;
}

static inline void buffer_free(struct buffer *b) {
  free(b->bytes);
  *b = (struct buffer){0};
}

/* Sends what the socket takes now. Returns 0: all gone, 1: some is left, -1: the socket is broken. */
static inline int buffer_flush(struct buffer *b, int fd) {
  size_t done = 0;
  while (done < b->length) {
    ssize_t n = send(fd, b->bytes + done, b->length - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return -1;
    if (n < 0) break;
    done += (size_t)n;
  }
  b->length -= done;
  if (b->length > 0 && done > 0) memmove(b->bytes, b->bytes + done, b->length);
  return b->length > 0;
}

#endif
