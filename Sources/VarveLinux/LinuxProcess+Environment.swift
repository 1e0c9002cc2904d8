internal import VarveSystem
internal import VarveTerms

extension LinuxProcess {
    /// The kernel gives a program at most 6 MiB of arguments and environment (execve(2)).
    private static let environmentSizeMax = 6 << 20

    /// The environment that this process was started with, by name; of a name that stands there
    /// twice the last value. What is not UTF-8 is repaired. Empty where the kernel does not tell.
    public static var environment: [String: String] {
        let fileSystem = LinuxFileSystem()
        guard let file = try? OpenFile("/proc/self/environ", .read, in: fileSystem) else {
            return [:]
        }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while text.count < environmentSizeMax {
            var span = piece.mutableSpan
            var bytes = unsafe span.mutableBytes
            guard
                let size = try? fileSystem.read(
                    file.id, into: &bytes, at: FilePosition(text.count)), size > 0
            else { break }
            text += piece[..<size]
        }
        return parse(environment: text)
    }

    /// Reads `NAME=VALUE` strings, each with a zero behind it.
    static func parse(environment text: [UInt8]) -> [String: String] {
        var values: [String: String] = [:]
        for entry in text.split(separator: 0) {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: entry[..<equals], as: UTF8.self)
            values[name] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
        }
        return values
    }
}
