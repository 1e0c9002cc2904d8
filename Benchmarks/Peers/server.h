// A store behind a port of 127.0.0.1, as its harness drives it: the harness starts it, sends
// requests that were made before, and counts the answers.
#ifndef SERVER_H
#define SERVER_H

#include <stddef.h>
#include <stdint.h>

enum {
    /// Each connection sends the records 0 to this again and again.
    server_request_count = 64,
};

// --- What a server is ---------------------------------------------------------------------------

/// The server's name and version, once it runs.
extern const char *(*const server_program)(void);
/// The words to start it with, NULL behind the last.
void server_words(const char *words[], const char *port, const char *folder, int is_durable);
/// What a new connection says first. Connections count from 0.
void server_greet(int file, int connection);
/// Makes the stream that records go to.
void server_make_stream(int file);
/// Puts the request of a connection for one record into `bytes`; answers its size.
size_t server_request(char *bytes, int connection, uint64_t number);
/// What came first of `size` bytes: 1 for an acknowledged record, 0 for something else, with how
/// many bytes it takes in `used`; -1 where more must come. Fails on a refusal. May write to `file`.
int server_take(int file, const char *bytes, size_t size, size_t *used);
/// Fails unless the stream has so many records, and the last has the bytes of one that was sent.
void server_check(int file, uint64_t count);
/// Whether acknowledged records have been flushed when the server is told to flush each.
extern const int server_can_flush;

// --- For the files that say so -------------------------------------------------------------------

/// Sends all of it, or fails.
void server_send(int file, const char *bytes, size_t size);
/// Sends a request and reads until `end` has come; answers the bytes, with a 0 behind them.
const char *server_ask(int file, const char *request, const char *end);
/// The first of `words` in what `server_ask` answered last; fails where there is none.
const char *server_find(const char *words);
/// Fails unless these bytes are the value of a record that was sent.
void server_check_value(const char *value, size_t size);

#endif
