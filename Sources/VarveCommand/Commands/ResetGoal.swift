internal import VarveClient
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// Where a group is to go on.
enum ResetGoal {
    case earliest, latest
    case offset(Int64)
    case shift(Int64)
    case time(Timestamp)
    case file([TopicPartition: Offset])

    static var options: [any CommandOption] { Option.all }

    /// How a command line says it.
    private enum Option {
        static let earliest = Switch("to-earliest", "at the first record that is there")
        static let latest = Switch("to-latest", "at the end")
        static let offset = OptionalParameter("to-offset", .offset, "at this offset")
        static let shift = OptionalParameter(
            "shift-by", .shift, "this many records on; back, with a minus sign")
        static let time = OptionalParameter(
            "to-datetime", .time, "at the first record of this time or later")
        static let duration = OptionalParameter(
            "by-duration", .duration, "at the first record that is younger than this")
        static let file = OptionalParameter(
            "from-file", .text("FILE", allowed: "the path of a file"),
            "where the lines of a file say: topic,partition,offset")

        static let all: [any CommandOption] = [
            earliest, latest, offset, shift, time, duration, file,
        ]
    }

    /// - Throws: `.usage` unless exactly one is given.
    init(_ invocation: Invocation) throws(CommandError) {
        let arguments = invocation.arguments
        let given = Self.options.filter { arguments.has($0) }
        let names = Self.options.map { "--\($0.declaration.name)" }.joined(separator: ", ")
        guard given.count == 1 else {
            throw .usage(
                given.isEmpty
                    ? "groups reset needs to know where: one of \(names)"
                    : "groups reset takes only one of \(names)")
        }
        if let offset = arguments[Option.offset] {
            self = .offset(offset.rawValue)
        } else if let shift = arguments[Option.shift] {
            self = .shift(shift)
        } else if let time = arguments[Option.time] {
            self = .time(time)
        } else if let duration = arguments[Option.duration] {
            let age = DurationText.nanoseconds(of: duration) / 1_000_000
            let now = invocation.surroundings.clock.wallClock().milliseconds
            self = .time(Timestamp(milliseconds: max(0, now - age)))
        } else if let path = arguments[Option.file] {
            self = .file(try Self.lines(of: path, invocation))
        } else {
            self = arguments[Option.earliest] ? .earliest : .latest
        }
    }

    private static func lines(
        of path: String, _ invocation: Invocation
    ) throws(CommandError) -> [TopicPartition: Offset] {
        let bytes = try files { () throws(FileError) in
            // A line takes some tens of bytes: this is more partitions than a cluster has.
            try invocation.surroundings.bytes(ofFile: path, sizeMax: .mib(16))
        }
        var offsets: [TopicPartition: Offset] = [:]
        let lines = String(decoding: bytes, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated() where !line.isEmpty {
            let parts = line.split(separator: ",", omittingEmptySubsequences: false)
            guard parts.count == 3, !parts[0].isEmpty,
                let partition = WholeNumber.parse(parts[1]).flatMap({ Int32(exactly: $0) }),
                let offset = WholeNumber.parse(parts[2]).flatMap({ Offset(exactly: Int64($0)) })
            else {
                throw .usage(
                    "line \(number + 1) of \(path) is not topic,partition,offset: '\(line)'")
            }
            offsets[TopicPartition(String(parts[0]), partition)] = offset
        }
        guard !offsets.isEmpty else { throw .usage("\(path) names no partition") }
        return offsets
    }

    // MARK: Offsets

    /// The offsets at which a group goes on, inside of what partitions have.
    func offsets(
        of places: [TopicPartition], from current: [TopicPartition: Offset], _ client: Client,
        _ console: Console
    ) throws(CommandError) -> [TopicPartition: Offset] {
        let (starts, ends, found) = try cluster { () throws(ClientError) in
            var found: [TopicPartition: Offset?] = [:]
            if case .time(let time) = self {
                found = try client.offsets(of: places, .since(time))
            }
            return (
                try client.offsets(of: places, .start), try client.offsets(of: places, .end), found
            )
        }
        var offsets: [TopicPartition: Offset] = [:]
        for place in places {
            let start = (starts[place] ?? nil) ?? .zero
            let end = (ends[place] ?? nil) ?? start
            let wanted: Int64
            switch self {
            case .earliest: wanted = start.rawValue
            case .latest: wanted = end.rawValue
            case .offset(let offset): wanted = offset
            case .time: wanted = ((found[place] ?? nil) ?? end).rawValue
            case .file(let offsets): wanted = (offsets[place] ?? start).rawValue
            case .shift(let count):
                guard let committed = current[place] else {
                    throw .ended(
                        .refused, "the group has read nothing of \(place) that could be shifted")
                }
                let (sum, overflow) = committed.rawValue.addingReportingOverflow(count)
                wanted = overflow ? .max : sum
            }
            let held = max(start.rawValue, min(wanted, end.rawValue))
            if held != wanted {
                console.warn(
                    "\(place) has offsets \(start) to \(end), no \(wanted): taken is \(held)")
            }
            offsets[place] = Offset(held)
        }
        return offsets
    }
}

extension ValueKind<Int64> {
    /// A number of records, forward or back.
    fileprivate static var shift: Self {
        Self(
            placeholder: "N", allowed: "a whole number, also below zero",
            parse: { text in
                let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
                guard let count = WholeNumber.parse(digits) else { return nil }
                return text.hasPrefix("-") ? -Int64(count) : Int64(count)
            }, show: { "\($0)" })
    }
}
