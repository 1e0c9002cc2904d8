/// What came of the probes of an area.
struct ProbeScore {
    struct Tally {
        /// How many had all error codes right, or the connection closed, or no answer.
        var codes = 0
        /// How many had everything right.
        var whole = 0
        var count = 0
    }

    /// A probe that is not wholly right.
    struct Miss: CustomStringConvertible {
        var probe: String
        var request: String
        /// Whether the API is served, and else which kind of difference it is.
        var kind: Kind
        /// The first difference.
        var difference: String

        enum Kind: String {
            case absent
            case codes = "CODES"
            case fields
        }

        var description: String { "\(kind.rawValue) \(probe) \(request): \(difference)" }
    }

    /// The APIs that the broker says it serves, by number and by name.
    let keys: Set<Int16>
    let served: Set<String>
    private(set) var all = Tally()
    /// Of them, those of APIs that are served, and of no API.
    private(set) var ofServed = Tally()
    private(set) var misses: [Miss] = []

    init(keys: Set<Int16>, served: Set<String>) {
        self.keys = keys
        self.served = served
    }

    mutating func add(_ probe: Probe, codes: String?, whole: String?) {
        let isServed = probe.api.isEmpty || served.contains(probe.api)
        all.add(codes: codes, whole: whole)
        if isServed { ofServed.add(codes: codes, whole: whole) }
        guard let miss = codes ?? whole else { return }
        misses.append(
            Miss(
                probe: probe.name, request: "\(probe.api) v\(probe.version)",
                kind: !isServed ? .absent : codes == nil ? .fields : .codes, difference: miss))
    }
}

extension ProbeScore.Tally {
    fileprivate mutating func add(codes: String?, whole: String?) {
        count += 1
        self.codes += codes == nil ? 1 : 0
        self.whole += whole == nil ? 1 : 0
    }
}

extension ProbeScore: CustomStringConvertible {
    /// `of APIs served 155 codes, 145 whole, of 164; not served 0`.
    var description: String {
        "of APIs served \(ofServed.codes) codes, \(ofServed.whole) whole, of \(ofServed.count); "
            + "not served \(all.count - ofServed.count)"
    }
}
