// Numbers in Kafka's byte order, which is the network's.
#ifndef CBENCH_WIRE_H
#define CBENCH_WIRE_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

static inline int get16(const char *at) { return (int16_t)((uint8_t)at[0] << 8 | (uint8_t)at[1]); }

static inline uint32_t get32(const char *at) {
    uint32_t number;
    memcpy(&number, at, 4);
    return ntohl(number);
}

static inline uint64_t get64(const char *at) {
    uint64_t number;
    memcpy(&number, at, 8);
    return __builtin_bswap64(number);
}

static inline void set64(char *at, uint64_t number) {
    number = __builtin_bswap64(number);
    memcpy(at, &number, 8);
}

#endif
