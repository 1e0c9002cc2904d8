// Sockets and readiness: what Swift's Glibc module lacks, and addresses without their layouts.
#define _GNU_SOURCE

#include "CVarve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

const uint32_t varve_ready_read = EPOLLIN;
const uint32_t varve_ready_write = EPOLLOUT;
// EPOLLHUP comes when both directions are shut, EPOLLERR with a reset.
const uint32_t varve_ready_failed = EPOLLERR | EPOLLHUP;

// --- Addresses -------------------------------------------------------------------------------

static socklen_t to_system(const varve_address *address, struct sockaddr_storage *target) {
    memset(target, 0, sizeof *target);
    if (address->family == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)target;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(address->port);
        memcpy(&v4->sin_addr, address->bytes, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)target;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address->port);
    v6->sin6_scope_id = address->scope;
    memcpy(&v6->sin6_addr, address->bytes, 16);
    return sizeof *v6;
}

static int from_system(const struct sockaddr *source, varve_address *address) {
    memset(address, 0, sizeof *address);
    if (source->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)source;
        address->family = 4;
        address->port = ntohs(v4->sin_port);
        memcpy(address->bytes, &v4->sin_addr, 4);
        return 0;
    }
    if (source->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)source;
        address->family = 6;
        address->port = ntohs(v6->sin6_port);
        address->scope = v6->sin6_scope_id;
        memcpy(address->bytes, &v6->sin6_addr, 16);
        return 0;
    }
    return -1;
}

int varve_resolve(const char *host, varve_address *found, int max) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    // With AI_PASSIVE no name at all means every address of the machine.
    int code = getaddrinfo(*host == 0 ? NULL : host, "0", &hints, &list);
    if (code != 0) return code < 0 ? code : -code;
    int count = 0;
    for (struct addrinfo *entry = list; entry != NULL && count < max; entry = entry->ai_next) {
        if (from_system(entry->ai_addr, &found[count]) == 0) count++;
    }
    freeaddrinfo(list);
    return count;
}

const char *varve_resolve_reason(int code) {
    return gai_strerror(code);
}

int varve_socket_ends(int file, varve_address *local, varve_address *peer) {
    struct sockaddr_storage found;
    socklen_t size = sizeof found;
    if (getsockname(file, (struct sockaddr *)&found, &size) == -1) return -1;
    from_system((struct sockaddr *)&found, local);
    size = sizeof found;
    if (peer == NULL || getpeername(file, (struct sockaddr *)&found, &size) == -1) return 0;
    from_system((struct sockaddr *)&found, peer);
    return 0;
}

// --- Sockets ---------------------------------------------------------------------------------

static int close_failed(int file) {
    int code = errno;
    close(file);
    errno = code;
    return -1;
}

static int make_socket(const varve_address *address) {
    int family = address->family == 4 ? AF_INET : AF_INET6;
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void prepare_stream(int file) {
    int on = 1;
    // Answers leave at once; a peer that vanished is found out in the end. Neither is vital.
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(file, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

int varve_listen(const varve_address *address, int backlog) {
    struct sockaddr_storage place;
    socklen_t size = to_system(address, &place);
    int file = make_socket(address);
    if (file == -1) return -1;
    int on = 1;
    // A port whose last connections only wait for their end may be taken again at once. Version 6
    // leaves version 4's port alone, so that each has its own socket.
    if (setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1) return close_failed(file);
    if (address->family == 6
        && setsockopt(file, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == -1) {
        return close_failed(file);
    }
    if (bind(file, (struct sockaddr *)&place, size) == -1) return close_failed(file);
    if (listen(file, backlog) == -1) return close_failed(file);
    return file;
}

int varve_accept(int listener, varve_address *peer) {
    struct sockaddr_storage found;
    socklen_t size = sizeof found;
    int file = accept4(listener, (struct sockaddr *)&found, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (file == -1) return -1;
    from_system((struct sockaddr *)&found, peer);
    prepare_stream(file);
    return file;
}

int64_t varve_round_trip(int file) {
    struct tcp_info facts = {0};
    socklen_t size = sizeof facts;
    if (getsockopt(file, IPPROTO_TCP, TCP_INFO, &facts, &size) == -1) return -1;
    return facts.tcpi_rtt;
}

int varve_connect(const varve_address *address) {
    struct sockaddr_storage place;
    socklen_t size = to_system(address, &place);
    int file = make_socket(address);
    if (file == -1) return -1;
    prepare_stream(file);
    if (connect(file, (struct sockaddr *)&place, size) == -1 && errno != EINPROGRESS
        && errno != EINTR) {
        return close_failed(file);
    }
    return file;
}

ssize_t varve_send(int file, const struct iovec *parts, int count) {
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};
    return sendmsg(file, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// sendfile(2) takes no flag that keeps a gone peer from raising SIGPIPE, so the signal is held
// back in this thread and taken away if it came.
ssize_t varve_send_file(int file, int source, off_t position, size_t count) {
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    ssize_t sent = sendfile(file, source, &position, count);
    int code = errno;
    if (sent == -1 && code == EPIPE && !sigismember(&pending, SIGPIPE)) {
        struct timespec none = {0, 0};
        while (sigtimedwait(&pipe_signal, NULL, &none) == -1 && errno == EINTR) {}
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = code;
    return sent;
}

// --- Readiness -------------------------------------------------------------------------------

int varve_poller_make(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

static int poller_control(int poller, int operation, int file, uint32_t wanted, uint64_t token) {
    struct epoll_event event = {.events = wanted, .data.u64 = token};
    return epoll_ctl(poller, operation, file, &event);
}

int varve_poller_add(int poller, int file, uint32_t wanted, uint64_t token) {
    return poller_control(poller, EPOLL_CTL_ADD, file, wanted, token);
}

int varve_poller_add_shared(int poller, int file, uint32_t wanted, uint64_t token) {
    return poller_control(poller, EPOLL_CTL_ADD, file, wanted | EPOLLEXCLUSIVE, token);
}

int varve_poller_change(int poller, int file, uint32_t wanted, uint64_t token) {
    return poller_control(poller, EPOLL_CTL_MOD, file, wanted, token);
}

int varve_poller_remove(int poller, int file) {
    return poller_control(poller, EPOLL_CTL_DEL, file, 0, 0);
}

int varve_poller_wait(int poller, varve_ready *ready, int max, int timeout_ms) {
    enum { batch = 256 };
    struct epoll_event events[batch];
    int count = epoll_wait(poller, events, max < batch ? max : batch, timeout_ms);
    for (int place = 0; place < count; place++) {
        ready[place].token = events[place].data.u64;
        ready[place].events = events[place].events;
    }
    return count;
}

int varve_bell_make(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void varve_bell_ring(int bell) {
    // EAGAIN would say that it rings already.
    (void)!eventfd_write(bell, 1);
}

void varve_bell_silence(int bell) {
    eventfd_t count;
    (void)!eventfd_read(bell, &count);
}
