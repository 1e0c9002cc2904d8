// NATS JetStream: messages published to a stream in files, each acknowledged. Its server does not
// flush before it acknowledges, and has no setting that makes it.
#define _GNU_SOURCE
#include "peer.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const int server_can_flush = 0;
static char version[64] = "NATS";

static const char *program(void) { return version; }
const char *(*const server_program)(void) = program;

void server_words(const char *words[], const char *port, const char *folder, int is_durable) {
    (void)is_durable;
    const char *chosen[] = {
        PEER_SERVER, "-a", "127.0.0.1", "-p", port, "-js", "-sd", folder, NULL};
    memcpy(words, chosen, sizeof chosen);
}

// Every connection hears its own acknowledgements under a name of its own.
void server_greet(int file, int connection) {
    char text[200];
    snprintf(
        text, sizeof text,
        "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB _INBOX.ack.%d 1\r\nPING\r\n",
        connection);
    server_ask(file, text, "PONG\r\n");
    const char *found = server_find("\"version\":\"") + strlen("\"version\":\"");
    snprintf(version, sizeof version, "NATS %.*s", (int)strcspn(found, "\""), found);
}

static void ask(int file, const char *subject, const char *body) {
    char text[1000];
    snprintf(
        text, sizeof text, "SUB _INBOX.ask 2\r\nPUB %s _INBOX.ask %zu\r\n%s\r\n", subject,
        strlen(body), body);
    const char *told = server_ask(file, text, "}\r\n");
    server_send(file, "UNSUB 2\r\n", strlen("UNSUB 2\r\n"));
    if (strstr(told, "\"error\"") != NULL) peer_fail("NATS: %s", told);
}

void server_make_stream(int file) {
    ask(
        file, "$JS.API.STREAM.CREATE.log",
        "{\"name\":\"log\",\"subjects\":[\"log\"],\"retention\":\"limits\",\"storage\":\"file\","
        "\"max_consumers\":-1,\"max_msgs\":-1,\"max_bytes\":-1,\"num_replicas\":1}");
}

size_t server_request(char *bytes, int connection, uint64_t number) {
    int head = sprintf(bytes, "PUB log _INBOX.ack.%d %d\r\n", connection, peer_value_size);
    memcpy(bytes + head, peer_value(number), peer_value_size);
    memcpy(bytes + head + peer_value_size, "\r\n", 2);
    return (size_t)head + peer_value_size + 2;
}

// MSG _INBOX.ack.0 1 26\r\n{"stream":"log","seq":1}\r\n
int server_take(int file, const char *bytes, size_t size, size_t *used) {
    const char *end = memchr(bytes, '\n', size);
    if (end == NULL) return -1;
    size_t line = (size_t)(end + 1 - bytes);
    *used = line;
    if (line >= 4 && memcmp(bytes, "PING", 4) == 0) {
        server_send(file, "PONG\r\n", strlen("PONG\r\n"));
        return 0;
    }
    if (line < 4 || memcmp(bytes, "MSG ", 4) != 0) {
        if (bytes[0] == '-') peer_fail("NATS: %.*s", (int)line, bytes);
        return 0;
    }
    const char *digits = end;
    while (digits[-1] != ' ') digits--;
    *used = line + (size_t)atoi(digits) + 2;
    if (*used > size) return -1;
    if (memmem(end, *used - line, "\"seq\":", 6) == NULL) {
        peer_fail("NATS: %.*s", (int)(*used - line), end);
    }
    return 1;
}

// Base64 (RFC 4648) up to its padding.
static size_t decode(const char *text, char *bytes, size_t room) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = 0;
    uint32_t bits = 0;
    int count = 0;
    for (const char *found; *text != 0 && (found = strchr(letters, *text)) != NULL; text++) {
        bits = bits << 6 | (uint32_t)(found - letters);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        if (size == room) break;
        bytes[size++] = (char)(bits >> count);
    }
    return size;
}

void server_check(int file, uint64_t count) {
    char text[64], value[peer_value_size];
    ask(file, "$JS.API.STREAM.INFO.log", "");
    snprintf(text, sizeof text, "\"messages\":%llu,", (unsigned long long)count);
    server_find(text);
    snprintf(text, sizeof text, "{\"seq\":%llu}", (unsigned long long)count);
    ask(file, "$JS.API.STREAM.MSG.GET.log", text);
    const char *data = server_find("\"data\":\"") + strlen("\"data\":\"");
    server_check_value(value, decode(data, value, sizeof value));
}
