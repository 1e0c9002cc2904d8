// The workloads of a store behind a socket:
//
//   sync connections=C count=N durable=0|1   N records, by C connections that each wait in turn
//   produce count=N ahead=A durable=0|1      N records over one connection, A without an answer
//
// The answers are counted, and so are the server's flushes where it calls the C library's.
#define _GNU_SOURCE
#include "server.h"

#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { room_size = 1 << 20, request_max = 2048, connection_max = 16, patience_ms = 20000 };

struct link {
    int file, number;
    size_t have, start;
    char *bytes;
};

static volatile int64_t *server_flushes;
static char requests[connection_max][server_request_count][request_max];
static size_t request_sizes[connection_max][server_request_count];
static char answer[1 << 16];
static size_t answer_size;

// --- The server ----------------------------------------------------------------------------------

static int open_socket(void) {
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    peer_check(file != -1, "socket");
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return file;
}

static struct sockaddr_in local(uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static uint16_t free_port(void) {
    struct sockaddr_in place = local(0);
    socklen_t size = sizeof place;
    int file = open_socket();
    peer_check(bind(file, (struct sockaddr *)&place, size) == 0, "bind");
    peer_check(getsockname(file, (struct sockaddr *)&place, &size) == 0, "getsockname");
    close(file);
    return ntohs(place.sin_port);
}

// The count of the server's flushes lies in a file that both map; see flushes.c.
static void share_flush_count(void) {
    char path[4096];
    snprintf(path, sizeof path, "%s/flushes", peer_folder);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    peer_check(file != -1 && ftruncate(file, 4096) == 0, path);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    peer_check(page != MAP_FAILED, "mmap");
    close(file);
    server_flushes = page;
    setenv("PEER_FLUSHES", path, 1);
    setenv("LD_PRELOAD", PEER_FLUSHES_LIBRARY, 1);
}

static void run_server(uint16_t port, int is_durable) {
    char text[8], log[4096];
    const char *words[32] = {0};
    snprintf(text, sizeof text, "%u", port);
    server_words(words, text, peer_folder, is_durable);
    snprintf(log, sizeof log, "%s/server.log", peer_folder);
    int file = open(log, O_WRONLY | O_CREAT, 0666);
    peer_check(file != -1 && dup2(file, 1) == 1 && dup2(file, 2) == 2, log);
    // It goes when this process does, however that ends.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execv(words[0], (char **)words);
    _exit(127);
}

static uint16_t start_server(int is_durable) {
    uint16_t port = free_port();
    share_flush_count();
    peer_server = fork();
    peer_check(peer_server != -1, "fork");
    if (peer_server == 0) run_server(port, is_durable);
    return port;
}

static void stop_server(void) {
    kill(peer_server, SIGKILL);
    waitpid(peer_server, NULL, 0);
    peer_server = 0;
}

static void open_link(struct link *link, uint16_t port) {
    struct sockaddr_in place = local(port);
    int64_t end = peer_now() + (int64_t)patience_ms * 1000000;
    for (;;) {
        link->file = open_socket();
        if (connect(link->file, (struct sockaddr *)&place, sizeof place) == 0) break;
        close(link->file);
        if (waitpid(peer_server, NULL, WNOHANG) != 0 || peer_now() > end) {
            peer_fail("the server does not serve; see %s/server.log", peer_folder);
        }
        usleep(10000);
    }
    link->bytes = malloc(room_size);
    peer_check(link->bytes != NULL, "malloc");
    link->have = link->start = 0;
    server_greet(link->file, link->number);
}

void server_send(int file, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = send(file, bytes, size, MSG_NOSIGNAL);
        peer_check(count > 0, "send");
        bytes += count;
        size -= (size_t)count;
    }
}

const char *server_ask(int file, const char *request, const char *end) {
    answer_size = 0;
    server_send(file, request, strlen(request));
    // Records may hold zeros.
    do {
        struct pollfd wait = {.fd = file, .events = POLLIN};
        if (poll(&wait, 1, patience_ms) != 1) peer_fail("no answer to %s", request);
        size_t room = sizeof answer - 1 - answer_size;
        ssize_t count = room == 0 ? 0 : recv(file, answer + answer_size, room, 0);
        if (count <= 0) peer_fail("no whole answer to %s", request);
        answer_size += (size_t)count;
    } while (memmem(answer, answer_size, end, strlen(end)) == NULL);
    answer[answer_size] = 0;
    return answer;
}

const char *server_find(const char *words) {
    const char *found = memmem(answer, answer_size, words, strlen(words));
    if (found == NULL) peer_fail("no %s in the answer %.200s", words, answer);
    return found;
}

void server_check_value(const char *value, size_t size) {
    uint64_t sum = peer_sum(value, size);
    for (uint64_t number = 0; number < server_request_count; number++) {
        if (peer_sum_of(number) == sum) return;
    }
    peer_fail("bytes came back that nobody sent");
}

// --- Loads ---------------------------------------------------------------------------------------

// Takes what has come; answers how many records it acknowledges.
static int64_t take(struct link *link) {
    if (link->start > 0) {
        memmove(link->bytes, link->bytes + link->start, link->have - link->start);
        link->have -= link->start;
        link->start = 0;
    }
    ssize_t count = recv(link->file, link->bytes + link->have, room_size - link->have, MSG_DONTWAIT);
    if (count == -1 && errno == EAGAIN) return 0;
    peer_check(count > 0, "recv");
    link->have += (size_t)count;
    int64_t acks = 0;
    size_t used = 0;
    int what;
    while (link->start < link->have
           && (what = server_take(
                   link->file, link->bytes + link->start, link->have - link->start, &used)) >= 0) {
        link->start += used;
        acks += what;
    }
    return acks;
}

static void send_record(struct link *link, int64_t number) {
    int which = (int)(number % server_request_count);
    server_send(
        link->file, requests[link->number][which], request_sizes[link->number][which]);
}

static void load_sync(struct link *links, int connections, int64_t count) {
    int64_t starts[connections], sent = 0, done = 0;
    int poller = epoll_create1(EPOLL_CLOEXEC);
    peer_check(poller != -1, "epoll_create1");
    struct epoll_event events[64];
    for (int which = 0; which < connections; which++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)which};
        peer_check(
            epoll_ctl(poller, EPOLL_CTL_ADD, links[which].file, &event) == 0, "epoll_ctl");
        starts[which] = peer_now();
        send_record(&links[which], sent++);
    }
    while (done < count) {
        int ready = epoll_wait(poller, events, 64, patience_ms);
        if (ready == 0) peer_fail("the server does not answer");
        for (int place = 0; place < ready; place++) {
            int which = (int)events[place].data.u32;
            if (take(&links[which]) == 0) continue;
            peer_note(done++, peer_now() - starts[which]);
            if (sent == count) continue;
            starts[which] = peer_now();
            send_record(&links[which], sent++);
        }
    }
    close(poller);
}

static void load_ahead(struct link *link, int64_t count, int64_t ahead) {
    int64_t sent = 0, done = 0;
    size_t place = 0;
    while (done < count) {
        int may_send = sent < count && sent - done < ahead;
        struct pollfd wait = {
            .fd = link->file, .events = (short)(may_send ? POLLIN | POLLOUT : POLLIN)};
        if (poll(&wait, 1, patience_ms) != 1) peer_fail("the server does not answer");
        if (wait.revents & (POLLIN | POLLHUP | POLLERR)) done += take(link);
        while (sent < count && sent - done < ahead) {
            int which = (int)(sent % server_request_count);
            size_t size = request_sizes[link->number][which];
            ssize_t gone = send(
                link->file, requests[link->number][which] + place, size - place,
                MSG_NOSIGNAL | MSG_DONTWAIT);
            if (gone == -1 && errno == EAGAIN) break;
            peer_check(gone >= 0, "send");
            place += (size_t)gone;
            if (place < size) break;
            place = 0;
            sent++;
        }
    }
}

static void make_requests(int connection) {
    for (int which = 0; which < server_request_count; which++) {
        request_sizes[connection][which] =
            server_request(requests[connection][which], connection, (uint64_t)which);
    }
}

int main(int count, char **words) {
    peer_start(count, words);
    int is_sync = strcmp(peer_workload, "sync") == 0;
    if (!is_sync && strcmp(peer_workload, "produce") != 0) {
        peer_fail("no workload '%s'", peer_workload);
    }
    int is_durable = peer_option("durable") != 0;
    if (is_durable && !server_can_flush) peer_fail("it cannot flush what it acknowledges");
    int64_t records = peer_option("count");
    int connections = is_sync ? (int)peer_option("connections") : 1;
    if (connections > connection_max) peer_fail("%d connections are too many", connections);
    uint16_t port = start_server(is_durable);
    struct link links[connection_max] = {0};
    for (int which = 0; which < connections; which++) {
        links[which].number = which;
        make_requests(which);
        open_link(&links[which], port);
    }
    server_make_stream(links[0].file);
    if (is_sync) peer_expect(records);
    int64_t flushes = *server_flushes;
    struct peer_clock clock = peer_begin();
    if (is_sync) load_sync(links, connections, records);
    else load_ahead(&links[0], records, peer_option("ahead"));
    peer_end(clock, is_sync ? records : records * peer_value_size);
    flushes = *server_flushes - flushes;
    // A flush is for each connection's record at the most, of those that are under way.
    int64_t together = is_sync ? connections : peer_option("ahead");
    if (is_durable && flushes * together < records) {
        peer_fail("%lld flushes for %lld records", (long long)flushes, (long long)records);
    }
    server_check(links[0].file, (uint64_t)records);
    peer_tell(server_program(), (uint64_t)records, flushes);
    stop_server();
    return 0;
}
