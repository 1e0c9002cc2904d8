internal import VarveLinux
internal import VarveProof
internal import VarveSystem
internal import VarveTerms

/// A program that prints lines of the table.
struct Program {
    private let path: String
    private let arguments: [String]

    init(_ path: String, _ arguments: [String]) { (self.path, self.arguments) = (path, arguments) }

    /// The paths of the programs in a folder, in order; pages that tell of them are none.
    static func others(in folder: String?) -> [String] {
        guard let folder, let entries = try? LinuxFileSystem().entries(of: folder) else {
            return []
        }
        return entries.map(\.name).filter { !$0.contains(".") }.sorted().map { "\(folder)/\($0)" }
    }

    /// How long this program's own rows take together, and how long each of the other programs.
    static func shares(
        of options: ProveOptions, otherCount: Int
    ) -> (own: Duration?, other: Duration?) {
        let own = Set(Proofs.all.map(\.row)).intersection(options.rows)
        let foreign = Set(options.rows).subtracting(own)
        guard otherCount > 0 else { return (own.isEmpty ? nil : options.duration, nil) }
        let ownShare = options.duration * own.count / max(1, own.count + foreign.count)
        let rest = (options.duration - ownShare) / otherCount
        // Rows of this program may have a part on real file systems, too: a short one.
        return (own.isEmpty ? nil : ownShare, max(rest, .seconds(5)))
    }

    /// Runs programs side by side and takes their lines.
    /// - Returns: false when a signal asked this process to stop.
    static func run(_ programs: [Program], into table: inout ProofTable) -> Bool {
        var running: [(program: Program, child: LinuxChild)] = []
        for program in programs {
            do throws(FileError) {
                running.append(
                    (program, try LinuxChild(starting: program.path, program.arguments)))
            } catch {
                table.add(program.violation("could not be started: \(error)"))
            }
        }
        for (program, child) in running {
            guard program.takeLines(of: child, into: &table) else { return false }
            switch child.wait() {
            case .exited(0), .exited(1): break
            case .exited(let code): table.add(program.violation("exited with \(code)"))
            case .signalled(let signal):
                table.add(program.violation("was ended by signal \(signal)"))
            }
        }
        return true
    }

    private func takeLines(of child: LinuxChild, into table: inout ProofTable) -> Bool {
        var unread: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            var count = 0
            var span = piece.mutableSpan
            var bytes = unsafe span.mutableBytes
            guard let outcome = try? child.output.read(into: &bytes) else { return true }
            switch outcome {
            case .bytes(let size): count = size
            case .end: return true
            case .stopped: return false
            }
            unread += piece.prefix(count)
            while let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                take(String(decoding: unread[..<end], as: UTF8.self), into: &table)
                unread.removeFirst(end + 1)
            }
        }
    }

    private func take(_ text: String, into table: inout ProofTable) {
        if let line = ProofLine(parsing: text) {
            ProveProgram.say("\(line)\n")
            table.add(line)
        } else if let violation = ViolationLine(parsing: text) {
            ProveProgram.say("\(violation)\n")
            table.add(violation)
        } else if !text.isEmpty {
            table.add(violation("printed what is no line: \(text)"))
        }
    }

    private func violation(_ what: String) -> ViolationLine {
        let command = ([path] + arguments).joined(separator: " ")
        return ViolationLine(row: "program", violation: what, replay: command)
    }
}
