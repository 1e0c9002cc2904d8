"""Opens thousands of connections to a broker that do nothing.

usage: idle.py VARVE DIRECTORY COUNT

Each is answered once; then the broker must not wake for them, nor keep more than 4 KiB for each.
Fewer than COUNT are opened where the machine allows fewer descriptors.
"""
import atexit
import json
import resource
import socket
import struct
import subprocess
import sys
import time

varve, directory, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
# The broker keeps some descriptors for its logs.
count = min(count, hard * 3 // 4)
broker = subprocess.Popen(
    [varve, 'serve', '--listen', '127.0.0.1:0', '--directory', directory, '--json'],
    stdout=subprocess.PIPE)
atexit.register(lambda: broker.kill())
address = json.loads(broker.stdout.readline())['listeners'][0]
port = int(address.rsplit(':', 1)[1])


def status(word):
    """The numbers of the lines of the broker's status that have a word."""
    with open('/proc/%d/status' % broker.pid) as lines:
        return sum(int(line.split()[1]) for line in lines if word in line)


def ask(connection):
    """Sends ApiVersions, and checks that the answer is the one to it."""
    body = struct.pack('>hhih', 18, 0, 7, -1)
    connection.sendall(struct.pack('>i', len(body)) + body)
    size = struct.unpack('>i', connection.recv(4, socket.MSG_WAITALL))[0]
    assert connection.recv(size, socket.MSG_WAITALL)[:4] == struct.pack('>i', 7)


before = status('VmRSS')
connections = [socket.create_connection(('127.0.0.1', port)) for _ in range(count)]
for connection in connections:
    ask(connection)
grown = status('VmRSS') - before
assert grown < 4 * count, '%d KiB for %d connections' % (grown, count)
time.sleep(0.5)
wakings = status('ctxt')
time.sleep(2)
wakings = status('ctxt') - wakings
assert wakings < 20, 'woken %d times by connections that do nothing' % wakings
ask(connections[0])
ask(connections[-1])
print('%d connections, %d KiB' % (count, grown), file=sys.stderr)
broker.terminate()
assert broker.wait() == 143
print('ok')
