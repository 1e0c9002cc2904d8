#define _GNU_SOURCE
#include "CBench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench_holder {
    pid_t child;
    int line;
    int count;
};

// What a holder is asked for, in one byte; each is answered by an error number, 0 for none.
enum { ASK_OPEN = 'o', ASK_ROUND = 'r' };

// After fork(2) in a program of many threads nothing here may take a lock: no allocation, no
// standard streams.
struct held {
    uint16_t port;
    int count;
    int *files;
    const char *frame;
    size_t size;
    char *answer;
    size_t room;
};

static int dial(uint16_t port) {
    struct sockaddr_in place = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int file = socket(AF_INET, SOCK_STREAM, 0);
    if (file == -1) return -1;
    int on = 1;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connect(file, (struct sockaddr *)&place, sizeof place) == 0 ? file : -1;
}

static int receive_all(int file, char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = recv(file, bytes, size, 0);
        if (count == -1 && errno == EINTR) continue;
        if (count == 0) errno = ECONNRESET;
        if (count <= 0) return -1;
        bytes += count;
        size -= (size_t)count;
    }
    return 0;
}

static int send_all(int file, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = send(file, bytes, size, MSG_NOSIGNAL);
        if (count == -1 && errno == EINTR) continue;
        if (count == -1) return -1;
        bytes += count;
        size -= (size_t)count;
    }
    return 0;
}

static int open_all(struct held *held) {
    for (int place = 0; place < held->count; place++) {
        held->files[place] = dial(held->port);
        if (held->files[place] == -1) return errno;
    }
    return 0;
}

static int round_of_all(struct held *held) {
    for (int place = 0; place < held->count; place++)
        if (send_all(held->files[place], held->frame, held->size) == -1) return errno;
    for (int place = 0; place < held->count; place++) {
        uint32_t claimed;
        if (receive_all(held->files[place], (char *)&claimed, 4) == -1) return errno;
        size_t size = ntohl(claimed);
        if (size > held->room) return EMSGSIZE;
        if (receive_all(held->files[place], held->answer, size) == -1) return errno;
    }
    return 0;
}

static void hold(int line, struct held *held) {
    char asked;
    while (read(line, &asked, 1) == 1) {
        int outcome = asked == ASK_OPEN ? open_all(held) : round_of_all(held);
        if (write(line, &outcome, sizeof outcome) != sizeof outcome) break;
    }
    _exit(0);
}

bench_holder *bench_holder_open(uint16_t port, int count, const void *frame, size_t size) {
    enum { room = 64 << 10 };
    int ends[2];
    bench_holder *holder = calloc(1, sizeof *holder);
    struct held held = {
        .port = port, .count = count, .files = calloc((size_t)count, sizeof(int)), .frame = frame,
        .size = size, .answer = malloc(room), .room = room};
    int outcome = holder == NULL || held.files == NULL || held.answer == NULL
        ? -1 : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
    if (outcome == 0) {
        holder->child = fork();
        if (holder->child == 0) {
            close(ends[0]);
            hold(ends[1], &held);
        }
        int code = errno;
        close(ends[1]);
        holder->line = ends[0];
        holder->count = count;
        if (holder->child == -1) {
            close(ends[0]);
            errno = code;
            outcome = -1;
        }
    }
    int code = errno;
    free(held.files);
    free(held.answer);
    if (outcome == 0) return holder;
    free(holder);
    errno = code;
    return NULL;
}

static int ask(bench_holder *holder, char what) {
    int outcome;
    if (send_all(holder->line, &what, 1) == -1) return -1;
    if (receive_all(holder->line, (char *)&outcome, sizeof outcome) == -1) return -1;
    if (outcome == 0) return 0;
    errno = outcome;
    return -1;
}

int bench_holder_connect(bench_holder *holder) { return ask(holder, ASK_OPEN); }

int bench_holder_round(bench_holder *holder) { return ask(holder, ASK_ROUND); }

void bench_holder_close(bench_holder *holder) {
    close(holder->line);
    while (waitpid(holder->child, NULL, 0) == -1 && errno == EINTR) {}
    free(holder);
}
