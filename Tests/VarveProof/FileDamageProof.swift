import VarveSim
import VarveTerms

/// G6 and G7: wrong bits and bytes in every file of a small log, which is then opened and read.
package struct FileDamageProof: ProofSearch {
    package let row: String
    package let key: String
    package let what: String
    package let goal: Int
    private let masks: [UInt8]
    private let closed: Bool

    private init(row: String, closed: Bool, goal: Int, masks: [UInt8]) {
        (self.row, self.closed, self.goal, self.masks) = (row, closed, goal, masks)
        key = closed ? "closed" : "crashed"
        let kind = masks.count == 8 ? "flipped bits" : "wrong bytes"
        what = "\(kind) of every file, opened after a \(closed ? "close" : "crash")"
    }

    private static let bits: [UInt8] = (0..<8).map { 1 << $0 }
    private static let values: [UInt8] = (1...255).map { $0 }

    package static let all = [true, false].flatMap { closed in
        [
            FileDamageProof(row: "G6", closed: closed, goal: 35_000, masks: bits),
            FileDamageProof(row: "G7", closed: closed, goal: 1_100_000, masks: values),
        ]
    }

    package func run(_ effort: Effort) throws -> Tally {
        let log = try DamagedLog(closed: closed)
        var tally = Tally()
        var kinds: [String: Int] = [:]
        var number = 0
        for path in log.paths {
            let bytes = log.disk.contents(path) ?? []
            for place in bytes.indices {
                number += 1
                guard effort.takes(number) else { continue }
                if number % 16 == effort.shard, effort.deadline.isOver { break }
                for mask in masks {
                    tally.states += 1
                    tally.judged += 1
                    if let fault = Self.fault(of: log, path, place, bytes[place] ^ mask) {
                        kinds[log.field(at: place, of: path), default: 0] += 1
                        tally.record(fault, "\(path.dropFirst())/\(place)/\(mask)")
                    }
                }
            }
        }
        tally.note = kinds.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            .joined(separator: ", ")
        return tally
    }

    private static func fault(
        of log: DamagedLog, _ path: String, _ place: Int, _ byte: UInt8
    ) -> String? {
        let disk = log.copy()
        disk.overwrite(path, [byte], at: .init(place))
        let finding = log.finding(on: disk, goesOn: place % 8 == 0)
        guard let wrong = finding.wrong.min() else { return nil }
        return "\(log.field(at: place, of: path)): \(wrong.rawValue): \(finding.detail)"
    }

    package func fault(replaying label: String) throws -> String? {
        let words = label.split(separator: "/").map(String.init)
        guard words.count > 2, let place = Int(words[words.count - 2]),
            let mask = UInt8(words[words.count - 1])
        else { throw ReplayError("\(label) is no byte of a file") }
        let log = try DamagedLog(closed: closed)
        let path = "/" + words.dropLast(2).joined(separator: "/")
        guard let bytes = log.disk.contents(path), bytes.indices.contains(place) else {
            throw ReplayError("no such byte")
        }
        return Self.fault(of: log, path, place, bytes[place] ^ mask)
    }
}
