#define _GNU_SOURCE
#include "CBench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { event_count = 64, room_first = 64 << 10 };

struct bench_crew {
    int poller;
    int count;
    int *files;
    struct epoll_event ready[event_count];
    int ready_count;
    int ready_place;
    char *bytes;
    size_t room;
};

static int dial(uint16_t port) {
    struct sockaddr_in place = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file == -1) return -1;
    int on = 1;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(file, (struct sockaddr *)&place, sizeof place) == 0) return file;
    int code = errno;
    close(file);
    errno = code;
    return -1;
}

static int join(bench_crew *crew, uint16_t port) {
    int file = dial(port);
    if (file == -1) return -1;
    crew->files[crew->count] = file;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)crew->count};
    crew->count++;
    return epoll_ctl(crew->poller, EPOLL_CTL_ADD, file, &event);
}

bench_crew *bench_crew_open(uint16_t port, int count) {
    bench_crew *crew = calloc(1, sizeof *crew);
    if (crew == NULL) return NULL;
    crew->poller = epoll_create1(EPOLL_CLOEXEC);
    crew->files = calloc((size_t)count, sizeof *crew->files);
    crew->bytes = malloc(room_first);
    crew->room = room_first;
    int outcome = crew->poller == -1 || crew->files == NULL || crew->bytes == NULL ? -1 : 0;
    while (outcome == 0 && crew->count < count) outcome = join(crew, port);
    if (outcome == 0) return crew;
    int code = errno;
    bench_crew_close(crew);
    errno = code;
    return NULL;
}

void bench_crew_close(bench_crew *crew) {
    for (int member = 0; member < crew->count; member++) close(crew->files[member]);
    if (crew->poller != -1) close(crew->poller);
    free(crew->files);
    free(crew->bytes);
    free(crew);
}

int bench_crew_send(bench_crew *crew, int member, const void *bytes, size_t size) {
    const char *next = bytes;
    while (size > 0) {
        ssize_t count = send(crew->files[member], next, size, MSG_NOSIGNAL);
        if (count == -1 && errno == EINTR) continue;
        if (count == -1) return -1;
        next += count;
        size -= (size_t)count;
    }
    return 0;
}

// Reads until there are `size` bytes, which there must be room for.
static int fill(bench_crew *crew, int file, size_t *have, size_t size) {
    while (*have < size) {
        ssize_t count = recv(file, crew->bytes + *have, crew->room - *have, 0);
        if (count == -1 && errno == EINTR) continue;
        if (count == 0) errno = ECONNRESET;
        if (count <= 0) return -1;
        *have += (size_t)count;
    }
    return 0;
}

static int receive(bench_crew *crew, int file, const void **frame, size_t *size) {
    size_t have = 0;
    if (fill(crew, file, &have, 4) == -1) return -1;
    uint32_t claimed;
    memcpy(&claimed, crew->bytes, 4);
    size_t wanted = 4 + (size_t)ntohl(claimed);
    if (wanted > crew->room) {
        char *larger = realloc(crew->bytes, wanted);
        if (larger == NULL) return -1;
        crew->bytes = larger;
        crew->room = wanted;
    }
    if (fill(crew, file, &have, wanted) == -1) return -1;
    if (have > wanted) {
        errno = EPROTO;
        return -1;
    }
    *frame = crew->bytes + 4;
    *size = wanted - 4;
    return 0;
}

int bench_crew_next(bench_crew *crew, int64_t deadline, const void **frame, size_t *size) {
    if (crew->ready_place == crew->ready_count) {
        int count;
        crew->ready_place = crew->ready_count = 0;
        do {
            int64_t left = deadline - bench_now();
            int timeout = left <= 0 ? 0 : (int)((left + 999999) / 1000000);
            count = epoll_wait(crew->poller, crew->ready, event_count, timeout);
        } while (count == -1 && errno == EINTR);
        if (count == -1) return -1;
        if (count == 0) {
            errno = ETIME;
            return -1;
        }
        crew->ready_count = count;
    }
    int member = (int)crew->ready[crew->ready_place++].data.u32;
    return receive(crew, crew->files[member], frame, size) == -1 ? -1 : member;
}
