internal import CBench
internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// A broker in a process of its own: `varve serve`, as users start it.
final class ServedProcess {
    let port: UInt16
    private let child: LinuxChild
    private let bench: Workbench

    /// Starts it and returns when it has said that it serves.
    init(_ bench: Workbench, in folder: String, policy: String = "durable") throws {
        self.bench = bench
        guard let program = bench.options.program else { throw ProcessError.noProgram }
        child = try LinuxChild(
            starting: program,
            [
                "serve", "--directory", "\(folder)/data", "--listen", "127.0.0.1:0", "--set",
                "varve.flush.policy=\(policy)",
            ])
        port = try Self.port(in: Self.line(of: child))
    }

    /// The first line that a program says.
    private static func line(of child: LinuxChild) throws -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while !text.contains(UInt8(ascii: "\n")) {
            var span = buffer.mutableSpan
            var bytes = unsafe span.mutableBytes
            switch try child.output.read(into: &bytes) {
            case .bytes(let count): text += buffer[..<count]
            case .end: throw ProcessError.silent
            case .stopped: throw BenchError.stopped
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The port in `serving 127.0.0.1:41235, data in …`.
    static func port(in line: String) throws(ProcessError) -> UInt16 {
        let address = line.split(separator: " ").dropFirst().first ?? ""
        let digits = address.split(separator: ":").last?.prefix { $0.isNumber } ?? ""
        guard let port = UInt16(digits), port > 0 else { throw .silent }
        return port
    }

    /// Ends it as `kill -9` does.
    func kill() {
        child.kill()
        _ = child.wait()
    }

    /// Ends it in order.
    func end() throws {
        bench_terminate(child.processID)
        let ending = child.wait()
        // 128 and the number of SIGTERM.
        guard ending == .exited(143) else { throw ProcessError.ended(ending) }
    }

    // MARK: What the system says of it

    /// What it has taken of the system until now.
    var use: ProcessUse {
        get throws { try ProcessUse(of: child.processID, in: bench.fileSystem) }
    }
}

/// What a process has taken of the system, by proc(5).
struct ProcessUse: Hashable {
    /// Bytes that are resident, the program's own among them.
    var resident: Int
    /// How many times its threads gave up a processor or were taken off one.
    var switches: Int64
    /// Nanoseconds.
    var processorTime: Int64

    init(of process: Int32, in fileSystem: LinuxFileSystem) throws {
        let status = try SystemText.lines(of: "/proc/\(process)/status", in: fileSystem)
        resident = Self.number("VmRSS:", in: status) << 10
        switches = 0
        for thread in try fileSystem.entries(of: "/proc/\(process)/task") {
            // A thread that has gone meanwhile switches no more.
            let path = "/proc/\(process)/task/\(thread.name)/status"
            guard let lines = try? SystemText.lines(of: path, in: fileSystem) else { continue }
            switches += Int64(Self.number("voluntary_ctxt_switches:", in: lines))
            switches += Int64(Self.number("nonvoluntary_ctxt_switches:", in: lines))
        }
        processorTime = bench_process_time(process)
    }

    /// The number behind a name; 0 where there is none.
    static func number(_ name: String, in lines: [String]) -> Int {
        guard let line = lines.first(where: { $0.hasPrefix(name) }) else { return 0 }
        let words = SystemText.words(of: line)
        return words.count > 1 ? Int(words[1]) ?? 0 : 0
    }
}

/// Why there is no figure of a process.
enum ProcessError: Error, CustomStringConvertible {
    /// Nobody said what to start.
    case noProgram
    /// It said nothing, or something else than that it serves.
    case silent
    case ended(LinuxChild.Ending)

    var description: String {
        switch self {
        case .noProgram: "only the command can start brokers of its own"
        case .silent: "'varve serve' does not say that it serves"
        case .ended(let ending): "'varve serve' ended otherwise than it should: \(ending)"
        }
    }
}
