import VarveTerms

/// The ids that brokers choose: what Kafka's were, and what they are here.
struct ProbeNames {
    private var texts: [String: String] = [:]
    /// Times that brokers gave to records.
    private var times: [Int64: Int64] = [:]
    /// Patterns by their first eight bytes.
    private var patterns: [UInt64: [(from: [UInt8], to: [UInt8])]] = [:]

    /// Ids of fetch sessions, of 31 random bits.
    private var sessions: [Int64: Int64] = [:]

    private static let ids: Set<String> = ["topicId"]
    private static let members: Set<String> = ["memberId", "leader"]

    /// Learns from two answers to the same request.
    mutating func learn(_ kafka: ProbeTree, _ here: ProbeTree) {
        switch (kafka, here) {
        case (.list(let kafka), .list(let here)):
            for (kafka, here) in zip(kafka, here) { learn(kafka, here) }
        case (.object(let kafka), .object(let here)):
            for (name, field) in kafka {
                guard let mine = here[name] else { continue }
                if case (.text(let old), .text(let new)) = (field, mine) {
                    learn(name, old, new)
                } else if case (.number(let old), .number(let new)) = (field, mine),
                    name == "logAppendTimeMs", old >= 0
                {
                    times[old] = new
                } else if case (.number(let old), .number(let new)) = (field, mine),
                    name == "sessionId", old != 0, new != 0
                {
                    sessions[old] = new
                } else {
                    learn(field, mine)
                }
            }
        default: break
        }
    }

    private mutating func learn(_ field: String, _ old: String, _ new: String) {
        guard old != new, texts[old] == nil else { return }
        if Self.ids.contains(field), let from = UniqueID(base64: old),
            let to = UniqueID(base64: new), from != .zero, to != .zero
        {
            texts[old] = new
            add(from: Self.bytes(of: from), to: Self.bytes(of: to))
        } else if Self.members.contains(field), old.utf8.count == new.utf8.count,
            old.utf8.count >= 22
        {
            texts[old] = new
            add(from: Array(old.utf8), to: Array(new.utf8))
        }
    }

    private mutating func add(from: [UInt8], to: [UInt8]) {
        let head = from.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        patterns[head, default: []].append((from, to))
    }

    private static func bytes(of id: UniqueID) -> [UInt8] {
        [id.high, id.low].flatMap { half in (0..<8).map { UInt8(half >> (56 - $0 * 8) & 0xFF) } }
    }

    /// A request with the ids of here.
    func translated(_ frame: [UInt8]) -> [UInt8] {
        var frame = frame
        if frame.starts(with: [0, 1]) { translateSession(in: &frame) }
        var head: UInt64 = 0
        for place in frame.indices {
            head = head << 8 | UInt64(frame[place])
            guard place >= 7, let found = patterns[head] else { continue }
            for (from, to) in found where frame[(place - 7)...].starts(with: from) {
                frame.replaceSubrange((place - 7)..<(place - 7 + from.count), with: to)
            }
        }
        return frame
    }

    /// Fetches name their session after some fields of fixed size, wherever the client's id ends.
    private func translateSession(in frame: inout [UInt8]) {
        guard !sessions.isEmpty else { return }
        var word: UInt32 = 0
        for place in frame.indices {
            word = word << 8 | UInt32(frame[place])
            guard place >= 12, let new = sessions[Int64(word)] else { continue }
            for byte in 0..<4 {
                frame[place - byte] = UInt8(truncatingIfNeeded: new >> (8 * byte))
            }
            return
        }
    }

    /// What Kafka answered, with the ids of here.
    func translated(_ tree: ProbeTree) -> ProbeTree {
        switch tree {
        case .text(let text): .text(texts[text] ?? text)
        case .list(let list): .list(list.map { translated($0) })
        case .object(var fields): translated(&fields)
        default: tree
        }
    }

    private func translated(_ fields: inout [String: ProbeTree]) -> ProbeTree {
        for (name, field) in fields {
            if name == "timestamp", case .number(let time) = field {
                fields[name] = .number(times[time] ?? time)
            } else if name == "sessionId", case .number(let id) = field {
                fields[name] = .number(sessions[id] ?? id)
            } else {
                fields[name] = translated(field)
            }
        }
        return .object(fields)
    }
}
