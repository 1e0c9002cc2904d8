// Clients of a broker that cost as little as clients can, so that the broker is what is measured.
#define _GNU_SOURCE
#include "CBench.h"
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { room_first = 4 << 20, due_max = 4096 };

struct link {
    int file;
    char *bytes;
    size_t have, start, room;
};

static int open_link(struct link *link, uint16_t port) {
    struct sockaddr_in place = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *link = (struct link){.file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (link->file == -1) return -1;
    int on = 1;
    setsockopt(link->file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    link->room = room_first;
    link->bytes = aligned_alloc(4096, room_first);
    if (link->bytes == NULL) return -1;
    return connect(link->file, (struct sockaddr *)&place, sizeof place);
}

static int close_link(struct link *link, int outcome) {
    int code = errno;
    if (link->file != -1) close(link->file);
    free(link->bytes);
    errno = code;
    return outcome;
}

static int receive(struct link *link, int flags) {
    if (link->start == link->have) link->start = link->have = 0;
    if (link->have == link->room) {
        memmove(link->bytes, link->bytes + link->start, link->have - link->start);
        link->have -= link->start;
        link->start = 0;
        if (link->have == link->room) {
            errno = EMSGSIZE;
            return -1;
        }
    }
    ssize_t count = recv(link->file, link->bytes + link->have, link->room - link->have, flags);
    if (count == -1 && errno == EAGAIN) return 0;
    if (count == 0) errno = ECONNRESET;
    if (count <= 0) return -1;
    link->have += (size_t)count;
    return 0;
}

// The next answer that has come whole, behind its size; NULL when there is none.
static const char *next_answer(struct link *link, size_t *size) {
    size_t left = link->have - link->start;
    if (left < 4) return NULL;
    *size = get32(link->bytes + link->start);
    if (left - 4 < *size) return NULL;
    const char *answer = link->bytes + link->start + 4;
    link->start += 4 + *size;
    return answer;
}

static int send_all(struct link *link, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = send(link->file, bytes, size, MSG_NOSIGNAL);
        if (count == -1) return -1;
        bytes += count;
        size -= (size_t)count;
    }
    return 0;
}

// Whether Produce 7 was accepted: correlation id | 1 | topic | 1 | index | error code | …
static int is_accepted(const char *answer, size_t size) {
    if (size < 10) return 0;
    size_t topic = (size_t)get16(answer + 8);
    size_t place = 10 + topic + 8;
    return place + 2 <= size && answer[place] == 0 && answer[place + 1] == 0;
}

// Takes all answers that have come. Returns how many, or -1.
static int64_t take_acks(struct link *link) {
    int64_t count = 0;
    size_t size;
    for (const char *answer; (answer = next_answer(link, &size)) != NULL; count++) {
        if (is_accepted(answer, size)) continue;
        errno = EPROTO;
        return -1;
    }
    return count;
}

int bench_produce(
    uint16_t port, const struct bench_frames *frames, int64_t count, int ahead, uint64_t *acked) {
    struct link link;
    if (open_link(&link, port) == -1) return close_link(&link, -1);
    int64_t sent = 0, done = 0;
    size_t place = 0;
    while (done < count) {
        int may_send = sent < count && sent - done < ahead;
        struct pollfd poll_for = {
            .fd = link.file, .events = (short)(may_send ? POLLIN | POLLOUT : POLLIN)};
        if (poll(&poll_for, 1, -1) == -1) return close_link(&link, -1);
        if (poll_for.revents & (POLLIN | POLLHUP | POLLERR)) {
            if (receive(&link, MSG_DONTWAIT) == -1) return close_link(&link, -1);
            int64_t acks = take_acks(&link);
            if (acks == -1) return close_link(&link, -1);
            done += acks;
        }
        if (!(poll_for.revents & POLLOUT)) continue;
        int which = (int)(sent % frames->count);
        const char *frame = frames->bytes + frames->starts[which];
        size_t size = frames->starts[which + 1] - frames->starts[which];
        ssize_t gone = send(link.file, frame + place, size - place, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (gone == -1 && errno != EAGAIN) return close_link(&link, -1);
        if (gone > 0) place += (size_t)gone;
        if (place < size) continue;
        place = 0;
        sent++;
    }
    *acked += (uint64_t)done;
    return close_link(&link, 0);
}

// Sleeps until an answer comes, or until shortly before `due`.
static int wait_for_answer(struct link *link, int64_t due) {
    const int64_t spun = 100000;
    int64_t left = due - bench_now() - spun;
    if (left < 0) left = 0;
    struct timespec time = {left / 1000000000, left % 1000000000};
    struct pollfd poll_for = {.fd = link->file, .events = POLLIN};
    return ppoll(&poll_for, 1, &time, NULL) == -1 ? -1 : 0;
}

int bench_produce_paced(
    uint16_t port, const struct bench_frames *frames, int64_t count, int64_t interval,
    int64_t *latencies) {
    struct link link;
    if (open_link(&link, port) == -1) return close_link(&link, -1);
    int64_t first = bench_now() + interval, sent = 0, done = 0;
    while (done < count) {
        int64_t now = bench_now();
        while (sent < count && sent - done < due_max && first + sent * interval <= now) {
            int which = (int)(sent % frames->count);
            size_t start = frames->starts[which], end = frames->starts[which + 1];
            if (send_all(&link, frames->bytes + start, end - start) == -1) {
                return close_link(&link, -1);
            }
            sent++;
        }
        int64_t due = sent < count ? first + sent * interval : now + 1000000000;
        if (wait_for_answer(&link, due) == -1) return close_link(&link, -1);
        if (receive(&link, MSG_DONTWAIT) == -1) return close_link(&link, -1);
        int64_t acks = take_acks(&link);
        if (acks == -1) return close_link(&link, -1);
        now = bench_now();
        for (; acks > 0; acks--, done++) latencies[done] = now - (first + done * interval);
    }
    return close_link(&link, 0);
}

static int turn(
    struct link *links, int64_t *starts, int which, const struct bench_frames *frames) {
    int frame = which % frames->count;
    starts[which] = bench_now();
    return send_all(
        &links[which], frames->bytes + frames->starts[frame],
        frames->starts[frame + 1] - frames->starts[frame]);
}

static int run_turns(
    int poller, struct link *links, int64_t *starts, const struct bench_frames *frames,
    int links_count, int64_t count, int64_t *latencies) {
    int64_t sent = 0, done = 0;
    for (int which = 0; which < links_count; which++, sent++) {
        if (turn(links, starts, which, frames) == -1) return -1;
    }
    struct epoll_event events[64];
    while (done < count) {
        int ready = epoll_wait(poller, events, 64, -1);
        if (ready == -1 && errno == EINTR) continue;
        if (ready == -1) return -1;
        for (int place = 0; place < ready; place++) {
            int which = (int)events[place].data.u32;
            if (receive(&links[which], MSG_DONTWAIT) == -1) return -1;
            int64_t acks = take_acks(&links[which]);
            if (acks == -1) return -1;
            if (acks == 0) continue;
            latencies[done++] = bench_now() - starts[which];
            if (sent == count) continue;
            sent++;
            if (turn(links, starts, which, frames) == -1) return -1;
        }
    }
    return 0;
}

int bench_produce_in_turn(
    uint16_t port, const struct bench_frames *frames, int links_count, int64_t count,
    int64_t *latencies) {
    struct link *links = calloc((size_t)links_count, sizeof *links);
    int64_t *starts = calloc((size_t)links_count, sizeof *starts);
    int poller = epoll_create1(EPOLL_CLOEXEC), made = 0;
    int outcome = links == NULL || starts == NULL || poller == -1 || count < links_count ? -1 : 0;
    while (outcome == 0 && made < links_count) {
        outcome = open_link(&links[made], port);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)made};
        if (outcome == 0) outcome = epoll_ctl(poller, EPOLL_CTL_ADD, links[made].file, &event);
        made++;
    }
    if (outcome == 0) {
        outcome = run_turns(poller, links, starts, frames, links_count, count, latencies);
    }
    for (int which = 0; which < made; which++) close_link(&links[which], 0);
    int code = errno;
    if (poller != -1) close(poller);
    free(links);
    free(starts);
    errno = code;
    return outcome;
}

// Fetch 4 answered: correlation id | throttle | 1 | topic | 1 | index | error | high watermark |
// last stable | aborted | size | records. Moves `offset` behind the last whole batch.
static int64_t take_fetched(const char *answer, size_t size, int64_t *offset) {
    size_t topic = size < 14 ? 0 : (size_t)get16(answer + 12);
    size_t head = 14 + topic + 4 + 4 + 2 + 8 + 8 + 4 + 4;
    if (size < head || answer[14 + topic + 8] != 0 || answer[14 + topic + 9] != 0) return -1;
    const char *at = answer + head, *end = answer + size;
    int64_t taken = 0;
    while (end - at >= 61) {
        size_t batch = 12 + (size_t)get32(at + 8);
        if ((size_t)(end - at) < batch) break;
        *offset = (int64_t)get64(at) + get32(at + 23) + 1;
        taken += (int64_t)batch;
        at += batch;
    }
    return taken;
}

static int ask(struct link *link, const struct bench_frames *frames, int which, int64_t offset) {
    char frame[512];
    size_t size = frames->starts[which + 1] - frames->starts[which];
    if (size > sizeof frame || size < 12) {
        errno = EINVAL;
        return -1;
    }
    memcpy(frame, frames->bytes + frames->starts[which], size);
    // The offset stands before the last field of four bytes.
    set64(frame + size - 12, (uint64_t)offset);
    return send_all(link, frame, size);
}

int bench_consume(
    uint16_t port, const struct bench_frames *frames, int64_t bytes_wanted, uint64_t *bytes_taken) {
    struct link link;
    int64_t offsets[16] = {0}, taken = 0;
    if (frames->count > 16 || open_link(&link, port) == -1) return close_link(&link, -1);
    for (int which = 0; which < frames->count; which++) {
        if (ask(&link, frames, which, 0) == -1) return close_link(&link, -1);
    }
    // Answers of one connection come in the order of the requests.
    for (int which = 0; taken < bytes_wanted;) {
        size_t size;
        const char *answer = next_answer(&link, &size);
        if (answer == NULL) {
            if (receive(&link, 0) == -1) return close_link(&link, -1);
            continue;
        }
        int64_t got = take_fetched(answer, size, &offsets[which]);
        if (got <= 0) {
            errno = EPROTO;
            return close_link(&link, -1);
        }
        taken += got;
        if (ask(&link, frames, which, offsets[which]) == -1) return close_link(&link, -1);
        which = (which + 1) % frames->count;
    }
    *bytes_taken += (uint64_t)taken;
    return close_link(&link, 0);
}
