internal import CBench

/// Connections to one port that a process of their own holds: a broker in this process can then
/// have as many as its descriptors allow.
@safe
final class ConnectionHolder {
    private let holder: OpaquePointer

    /// - Parameters:
    ///   - count: how many connections `connect` opens.
    ///   - frame: what each of them sends, its size before it.
    init(port: UInt16, count: Int, sending frame: [UInt8]) throws {
        let holder = unsafe frame.withUnsafeBytes {
            unsafe bench_holder_open(port, Int32(count), $0.baseAddress, $0.count)
        }
        guard let holder = unsafe holder else {
            throw LeafError(call: "fork", code: bench_errno())
        }
        unsafe self.holder = holder
    }

    deinit { unsafe bench_holder_close(holder) }

    func connect() throws {
        guard unsafe bench_holder_connect(holder) == 0 else {
            throw LeafError(call: "connect", code: bench_errno())
        }
    }

    /// Every connection sends its frame, then every one reads its answer.
    func round() throws {
        guard unsafe bench_holder_round(holder) == 0 else {
            throw LeafError(call: "recv", code: bench_errno())
        }
    }
}
