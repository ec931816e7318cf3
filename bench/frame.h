/* WebSocket frame headers (RFC 6455, section 5.2): all that the load generator and the limit need of them. */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FRAME_TEXT = 0x81, FRAME_CLOSE = 0x88, FRAME_PING = 0x89, FRAME_PONG = 0x8a };

/** The longest header there is: two bytes, a 64-bit length, a mask. */
enum { FRAME_HEADER_MAX = 14 };

struct frame {
  unsigned char first; /* FIN, RSV and opcode: one of the above, where nothing is compressed or fragmented */
  unsigned char masked;
  unsigned char mask[4];
  size_t header; /* bytes */
  uint64_t length;
};

/* Returns 0 while the header is not whole. */
static inline int frame_read(const char *bytes, size_t available, struct frame *f) {
  const unsigned char *p = (const unsigned char *)bytes;
  if (available < 2) return 0;
  f->first = p[0];
  f->masked = p[1] >> 7;
  f->length = p[1] & 127;
  size_t wide = f->length == 126 ? 2 : f->length == 127 ? 8 : 0;
  f->header = 2 + wide + (f->masked ? 4 : 0);
  if (available < f->header) return 0;
  if (wide > 0) f->length = 0;
  for (size_t i = 0; i < wide; i++) f->length = f->length << 8 | p[2 + i];
  if (f->masked) memcpy(f->mask, p + 2 + wide, 4);
  return 1;
}

/* Writes a header and returns its size. A client must mask: it does so with key 0, which changes nothing. */
static inline size_t frame_write(char *bytes, int first, uint64_t length, int masked) {
  unsigned char *p = (unsigned char *)bytes;
  size_t wide = length < 126 ? 0 : length < 65536 ? 2 : 8;
  p[0] = (unsigned char)first;
  p[1] = (unsigned char)((masked ? 128 : 0) | (wide == 0 ? length : wide == 2 ? 126 : 127));
  for (size_t i = 0; i < wide; i++) p[2 + i] = (unsigned char)(length >> (8 * (wide - 1 - i)));
  if (masked) memset(p + 2 + wide, 0, 4);
  return 2 + wide + (masked ? 4 : 0);
}

#endif
