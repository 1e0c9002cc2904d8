// A broker that does only what a client cannot do without: the ceiling that a real one is divided
// by. It knows Produce 7 and Fetch 4 for one partition in each request, and trusts what it reads.
#define _GNU_SOURCE
#include "CBench.h"
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    partition_count = 16,
    client_count = 64,
    event_count = 64,
    batch_head = 61,
    fetched_max = 1 << 20,
};

struct bytes {
    char *at;
    size_t size, room;
};

struct partition {
    int file;
    int dirty;
    off_t end;
    int64_t next_offset;
    // The first batch, which a fetch is answered with again and again.
    struct bytes sample;
    int32_t sample_count;
};

struct client {
    int file;
    struct bytes in, out;
};

struct broker {
    int poller, mode, live, seen;
    const char *folder;
    off_t prewritten;
    struct partition partitions[partition_count];
    struct client clients[client_count];
};

static int make_room(struct bytes *bytes, size_t more) {
    if (bytes->size + more <= bytes->room) return 0;
    size_t room = (bytes->size + more) * 2;
    char *larger = realloc(bytes->at, room);
    if (larger == NULL) return -1;
    bytes->at = larger;
    bytes->room = room;
    return 0;
}

static int put(struct bytes *bytes, const void *from, size_t size) {
    if (make_room(bytes, size) == -1) return -1;
    memcpy(bytes->at + bytes->size, from, size);
    bytes->size += size;
    return 0;
}

static int put32(struct bytes *bytes, uint32_t number) {
    number = htonl(number);
    return put(bytes, &number, 4);
}

static int put64(struct bytes *bytes, uint64_t number) {
    number = __builtin_bswap64(number);
    return put(bytes, &number, 8);
}

static int open_file(struct broker *broker, int number) {
    struct partition *partition = &broker->partitions[number];
    if (broker->mode == BENCH_BROKER_NULL || partition->file != -1) return 0;
    char path[4096];
    snprintf(path, sizeof path, "%s/%d.log", broker->folder, number);
    partition->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (partition->file == -1) return -1;
    if (broker->mode != BENCH_BROKER_FLUSH) return 0;
    // Blocks that were written before are flushed faster than those of a growing file.
    char *piece = malloc(1 << 20);
    if (piece == NULL) return -1;
    memset(piece, 'x', 1 << 20);
    int outcome = 0;
    for (off_t at = 0; outcome == 0 && at < broker->prewritten; at += 1 << 20) {
        outcome = bench_write(partition->file, piece, 1 << 20, at);
    }
    free(piece);
    return outcome == 0 ? fdatasync(partition->file) : outcome;
}

static int keep(struct broker *broker, int number, char *records, size_t size) {
    struct partition *partition = &broker->partitions[number];
    set64(records, (uint64_t)partition->next_offset);
    int32_t count = (int32_t)get32(records + 23) + 1;
    if (partition->sample_count == 0) {
        if (put(&partition->sample, records, size) == -1) return -1;
        partition->sample_count = count;
    }
    partition->next_offset += count;
    if (broker->mode == BENCH_BROKER_NULL) return 0;
    if (open_file(broker, number) == -1) return -1;
    partition->dirty = 1;
    off_t at = partition->end;
    partition->end += (off_t)size;
    return bench_write(partition->file, records, size, at);
}

// header | nullable transactional id | acks | timeout | 1 | topic | 1 | index | size | records
static int produce(struct broker *broker, struct client *client, char *at) {
    int id_size = get16(at);
    at += 2 + (id_size > 0 ? id_size : 0) + 2 + 4 + 4;
    const char *topic = at;
    size_t topic_size = 2 + (size_t)get16(at);
    at += topic_size + 4;
    int number = (int)(get32(at) % partition_count);
    size_t size = get32(at + 4);
    int64_t base = broker->partitions[number].next_offset;
    if (size < batch_head || keep(broker, number, at + 8, size) == -1) return -1;
    struct bytes *out = &client->out;
    int outcome = put32(out, 1) | put(out, topic, topic_size) | put32(out, 1);
    outcome |= put32(out, (uint32_t)number) | put(out, "\0\0", 2) | put64(out, (uint64_t)base);
    return outcome | put64(out, UINT64_MAX) | put64(out, 0) | put32(out, 0);
}

// header | replica | wait | least | most | isolation | 1 | topic | 1 | index | offset | most
static int fetch(struct broker *broker, struct client *client, const char *at) {
    at += 4 + 4 + 4 + 4 + 1 + 4;
    const char *topic = at;
    size_t topic_size = 2 + (size_t)get16(at);
    at += topic_size + 4;
    uint32_t number = get32(at) % partition_count;
    int64_t offset = (int64_t)get64(at + 4);
    size_t most = get32(at + 12);
    struct partition *partition = &broker->partitions[number];
    struct bytes *out = &client->out, *sample = &partition->sample;
    uint64_t end = (uint64_t)partition->next_offset;
    int outcome = put32(out, 0) | put32(out, 1) | put(out, topic, topic_size) | put32(out, 1);
    outcome |= put32(out, number) | put(out, "\0\0", 2) | put64(out, end) | put64(out, end);
    outcome |= put32(out, UINT32_MAX);
    size_t times = 0;
    if (partition->sample_count > 0 && offset < partition->next_offset) {
        if (most > fetched_max) most = fetched_max;
        times = sample->size < most ? most / sample->size : 1;
    }
    outcome |= put32(out, (uint32_t)(times * sample->size));
    for (; outcome == 0 && times > 0; times--) {
        size_t start = out->size;
        outcome = put(out, sample->at, sample->size);
        if (outcome == 0) set64(out->at + start, (uint64_t)offset);
        offset += partition->sample_count;
    }
    return outcome;
}

// key | version | correlation id | client id | body
static int answer(struct broker *broker, struct client *client, char *frame) {
    int key = get16(frame), id_size = get16(frame + 8);
    char *body = frame + 10 + (id_size > 0 ? id_size : 0);
    size_t start = client->out.size;
    if (put32(&client->out, 0) == -1 || put(&client->out, frame + 4, 4) == -1) return -1;
    int outcome = -1;
    if (key == 0) outcome = produce(broker, client, body);
    if (key == 1) outcome = fetch(broker, client, body);
    uint32_t size = htonl((uint32_t)(client->out.size - start - 4));
    memcpy(client->out.at + start, &size, 4);
    return outcome;
}

static int receive(struct broker *broker, struct client *client) {
    if (make_room(&client->in, 1 << 20) == -1) return -1;
    struct bytes *in = &client->in;
    ssize_t count = recv(client->file, in->at + in->size, in->room - in->size, MSG_DONTWAIT);
    if (count == -1) return errno == EAGAIN ? 0 : -1;
    if (count == 0) {
        close(client->file);
        client->file = -1;
        broker->live--;
        return 0;
    }
    in->size += (size_t)count;
    size_t start = 0;
    while (in->size - start >= 4) {
        size_t size = get32(in->at + start);
        if (in->size - start - 4 < size) break;
        if (answer(broker, client, in->at + start + 4) == -1) return -1;
        start += 4 + size;
    }
    memmove(in->at, in->at + start, in->size - start);
    in->size -= start;
    return 0;
}

static int take_client(struct broker *broker, int listener) {
    int file = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (file == -1) return -1;
    int on = 1;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int place = 0;
    while (place < client_count && broker->clients[place].file != -1) place++;
    if (place == client_count) {
        close(file);
        errno = EMFILE;
        return -1;
    }
    broker->clients[place].file = file;
    broker->clients[place].in.size = broker->clients[place].out.size = 0;
    broker->live++;
    broker->seen = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)place};
    return epoll_ctl(broker->poller, EPOLL_CTL_ADD, file, &event);
}

static int flush_and_send(struct broker *broker) {
    for (int place = 0; place < partition_count; place++) {
        struct partition *partition = &broker->partitions[place];
        if (broker->mode != BENCH_BROKER_FLUSH || !partition->dirty) continue;
        if (fdatasync(partition->file) == -1) return -1;
        partition->dirty = 0;
    }
    for (int place = 0; place < client_count; place++) {
        struct client *client = &broker->clients[place];
        size_t sent = 0;
        // Blocking is fine: clients read what they asked for.
        while (client->file != -1 && sent < client->out.size) {
            ssize_t count = send(
                client->file, client->out.at + sent, client->out.size - sent, MSG_NOSIGNAL);
            if (count == -1) return -1;
            sent += (size_t)count;
        }
        client->out.size = 0;
    }
    return 0;
}

static int serve(struct broker *broker, int listener) {
    struct epoll_event events[event_count];
    while (broker->live > 0 || !broker->seen) {
        int count = epoll_wait(broker->poller, events, event_count, -1);
        if (count == -1 && errno == EINTR) continue;
        if (count == -1) return -1;
        for (int place = 0; place < count; place++) {
            uint32_t which = events[place].data.u32;
            int outcome = which == client_count ? take_client(broker, listener)
                                                : receive(broker, &broker->clients[which]);
            if (outcome == -1) return -1;
        }
        if (flush_and_send(broker) == -1) return -1;
    }
    return 0;
}

int bench_broker_serve(int listener, int mode, const char *folder, size_t prewritten) {
    struct broker *broker = calloc(1, sizeof *broker);
    int outcome = -1;
    if (broker != NULL) {
        broker->mode = mode;
        broker->folder = folder;
        broker->prewritten = (off_t)prewritten;
        for (int place = 0; place < partition_count; place++) broker->partitions[place].file = -1;
        for (int place = 0; place < client_count; place++) broker->clients[place].file = -1;
        broker->poller = epoll_create1(EPOLL_CLOEXEC);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = client_count};
        if (broker->poller != -1
            && epoll_ctl(broker->poller, EPOLL_CTL_ADD, listener, &event) == 0) {
            outcome = serve(broker, listener);
        }
        for (int place = 0; place < partition_count; place++) {
            if (broker->partitions[place].file != -1) close(broker->partitions[place].file);
            free(broker->partitions[place].sample.at);
        }
        for (int place = 0; place < client_count; place++) {
            if (broker->clients[place].file != -1) close(broker->clients[place].file);
            free(broker->clients[place].in.at);
            free(broker->clients[place].out.at);
        }
        if (broker->poller != -1) close(broker->poller);
        free(broker);
    }
    close(listener);
    return outcome;
}
