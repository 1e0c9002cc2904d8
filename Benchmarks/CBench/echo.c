#define _GNU_SOURCE
#include "CBench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int close_failed(int file) {
    int code = errno;
    close(file);
    errno = code;
    return -1;
}

static struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int bench_listen(uint16_t *port) {
    struct sockaddr_in place = loopback(0);
    socklen_t size = sizeof place;
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file == -1) return -1;
    if (bind(file, (struct sockaddr *)&place, size) == -1 || listen(file, 128) == -1
        || getsockname(file, (struct sockaddr *)&place, &size) == -1) {
        return close_failed(file);
    }
    *port = ntohs(place.sin_port);
    return file;
}

static int write_all(int file, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = send(file, bytes, size, MSG_NOSIGNAL);
        if (count == -1) return -1;
        bytes += count;
        size -= (size_t)count;
    }
    return 0;
}

int bench_echo_serve(int listener) {
    enum { room = 256 << 10 };
    int file = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    close(listener);
    if (file == -1) return -1;
    int on = 1;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    char *bytes = malloc(room);
    int outcome = -1;
    for (;;) {
        ssize_t count = recv(file, bytes, room, 0);
        if (count == 0) outcome = 0;
        if (count <= 0 || write_all(file, bytes, (size_t)count) == -1) break;
    }
    free(bytes);
    close(file);
    return outcome;
}

// Reads whole frames back; a frame's first word goes to the sum.
static int read_frames(int file, char *bytes, size_t size, int64_t count, uint64_t *sum) {
    size_t left = size * (size_t)count, place = 0;
    while (left > 0) {
        ssize_t got = recv(file, bytes + place, left, 0);
        if (got <= 0) return -1;
        place += (size_t)got;
        left -= (size_t)got;
    }
    for (int64_t number = 0; number < count; number++) {
        uint64_t word;
        memcpy(&word, bytes + (size_t)number * size + 4, sizeof word);
        *sum += word;
    }
    return 0;
}

int bench_echo(uint16_t port, size_t size, int64_t count, int ahead, uint64_t *sum) {
    struct sockaddr_in place = loopback(port);
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file == -1) return -1;
    int on = 1;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(file, (struct sockaddr *)&place, sizeof place) == -1) return close_failed(file);
    size_t wire = size + 4;
    char *sent = calloc((size_t)ahead, wire), *read = malloc((size_t)ahead * wire);
    int outcome = 0;
    uint64_t number = 0;
    while (outcome == 0 && count > 0) {
        int64_t now = count < ahead ? count : ahead;
        for (int64_t frame = 0; frame < now; frame++) {
            uint32_t claimed = htonl((uint32_t)size);
            char *start = sent + (size_t)frame * wire;
            memcpy(start, &claimed, 4);
            number++;
            memcpy(start + 4, &number, sizeof number);
        }
        outcome = write_all(file, sent, (size_t)now * wire);
        if (outcome == 0) outcome = read_frames(file, read, wire, now, sum);
        count -= now;
    }
    free(sent);
    free(read);
    if (outcome == -1) return close_failed(file);
    return close(file);
}
