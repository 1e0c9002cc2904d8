package import VarveSim

/// How a disk came to be what it is: crashes in a row, of a workload and then of openings.
///
/// As text it is `rolls/12,mask:1f,prefix:30/4,death/cleanClose`: the workload, for each crash
/// after how many operations of that life it came and what it left, and what is done in the end.
package struct CrashCase: Hashable {
    package enum Crash: Hashable {
        case powerCut(CrashLabel)
        case death(after: Int)
    }

    package var workload: String
    package var crashes: [Crash]
    package var sequel: Judge.Sequel

    package init(workload: String, crashes: [Crash], sequel: Judge.Sequel) {
        (self.workload, self.crashes, self.sequel) = (workload, crashes, sequel)
    }
}

extension CrashCase: CustomStringConvertible {
    package var description: String {
        ([workload] + crashes.map(\.code) + [sequel.rawValue]).joined(separator: "/")
    }

    /// - Returns: nil for a text that names no case.
    package init?(parsing text: String) {
        let words = text.split(separator: "/").map(String.init)
        guard words.count >= 3, let sequel = Judge.Sequel(rawValue: words[words.count - 1]) else {
            return nil
        }
        let codes = words[1..<words.count - 1]
        let crashes = codes.compactMap { Crash(code: $0) }
        guard crashes.count == codes.count else { return nil }
        self.init(workload: words[0], crashes: crashes, sequel: sequel)
    }
}

extension CrashCase.Crash {
    /// `12,mask:1f,prefix:30` or `12,death`.
    fileprivate var code: String {
        switch self {
        case .death(let moment): return "\(moment),death"
        case .powerCut(let label):
            let tear = label.tear.map { ",\($0.code)" } ?? ""
            return "\(label.moment),\(label.selection.code)\(tear)"
        }
    }

    fileprivate init?(code: String) {
        let words = code.split(separator: ",").map(String.init)
        guard (2...3).contains(words.count), let moment = Int(words[0]), moment >= 0 else {
            return nil
        }
        if words[1] == "death" {
            self = .death(after: moment)
            return
        }
        guard let selection = AtomSelection(code: words[1]) else { return nil }
        let tear = words.count == 3 ? Tear(code: words[2]) : nil
        guard words.count == 2 || tear != nil else { return nil }
        self = .powerCut(CrashLabel(after: moment, keeping: selection, tearing: tear))
    }
}

extension AtomSelection {
    fileprivate var code: String {
        switch self {
        case .none: "none"
        case .all: "all"
        case .mask(let mask): "mask:\(String(mask, radix: 16))"
        case .only(let kept): "only:\(kept.map { "\($0)" }.joined(separator: "+"))"
        case .omitting(let lost): "omitting:\(lost.map { "\($0)" }.joined(separator: "+"))"
        case .random(let seed): "random:\(String(seed, radix: 16))"
        }
    }

    fileprivate init?(code: String) {
        if code == "none" || code == "all" {
            self = code == "all" ? .all : .none
            return
        }
        let words = code.split(separator: ":").map(String.init)
        guard words.count == 2 else { return nil }
        let hex = UInt64(words[1], radix: 16)
        let places = words[1].split(separator: "+").compactMap { Int($0) }
        switch (words[0], hex) {
        case ("mask", let mask?): self = .mask(mask)
        case ("random", let seed?): self = .random(seed: seed)
        case ("only", _): self = .only(places)
        case ("omitting", _): self = .omitting(places)
        default: return nil
        }
    }
}

extension Tear {
    fileprivate var code: String {
        switch self {
        case .prefix(let count): "prefix:\(count)"
        case .shorter(let count): "shorter:\(count)"
        case .sectors(let mask): "sectors:\(String(mask, radix: 16))"
        }
    }

    fileprivate init?(code: String) {
        let words = code.split(separator: ":").map(String.init)
        guard words.count == 2 else { return nil }
        switch (words[0], Int(words[1]), UInt64(words[1], radix: 16)) {
        case ("prefix", let count?, _): self = .prefix(count)
        case ("shorter", let count?, _): self = .shorter(count)
        case ("sectors", _, let mask?): self = .sectors(mask)
        default: return nil
        }
    }
}
