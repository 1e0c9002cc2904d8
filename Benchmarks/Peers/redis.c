// Redis Streams: XADD to one stream, with the append-only file flushed for each command or never.
#define _GNU_SOURCE
#include "peer.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const int server_can_flush = 1;
static char version[64] = "Redis";

static const char *program(void) { return version; }
const char *(*const server_program)(void) = program;

void server_words(const char *words[], const char *port, const char *folder, int is_durable) {
    const char *chosen[] = {
        PEER_SERVER, "--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "",
        "--appendonly", "yes", "--appendfsync", is_durable ? "always" : "no",
        // The file is never written anew while it is measured.
        "--auto-aof-rewrite-percentage", "0", NULL,
    };
    memcpy(words, chosen, sizeof chosen);
}

void server_greet(int file, int connection) {
    (void)connection;
    server_ask(file, "PING\r\n", "PONG\r\n");
}

// A stream is there with its first record.
void server_make_stream(int file) {
    server_ask(file, "INFO server\r\nPING\r\n", "+PONG\r\n");
    const char *found = server_find("redis_version:") + strlen("redis_version:");
    snprintf(version, sizeof version, "Redis %.*s", (int)strcspn(found, "\r"), found);
}

size_t server_request(char *bytes, int connection, uint64_t number) {
    (void)connection;
    int head = sprintf(
        bytes, "*5\r\n$4\r\nXADD\r\n$3\r\nlog\r\n$1\r\n*\r\n$1\r\nv\r\n$%d\r\n", peer_value_size);
    memcpy(bytes + head, peer_value(number), peer_value_size);
    memcpy(bytes + head + peer_value_size, "\r\n", 2);
    return (size_t)head + peer_value_size + 2;
}

// $15\r\n1700000000000-0\r\n
int server_take(int file, const char *bytes, size_t size, size_t *used) {
    (void)file;
    if (bytes[0] != '$') peer_fail("Redis: %.*s", (int)(size < 200 ? size : 200), bytes);
    const char *end = memchr(bytes, '\n', size);
    if (end == NULL) return -1;
    size_t whole = (size_t)(end + 1 - bytes) + (size_t)atoi(bytes + 1) + 2;
    if (whole > size) return -1;
    *used = whole;
    return 1;
}

void server_check(int file, uint64_t count) {
    const char *told = server_ask(file, "XLEN log\r\n", "\r\n");
    if (strtoull(told + 1, NULL, 10) != count) peer_fail("Redis: XLEN is %s", told);
    // *1 | *2 | id | *2 | v | $1024 | the value
    server_ask(file, "XREVRANGE log + - COUNT 1\r\nPING\r\n", "+PONG\r\n");
    server_check_value(server_find("$1024\r\n") + strlen("$1024\r\n"), peer_value_size);
}
