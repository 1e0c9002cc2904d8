import VarveTerms

/// Topics that come and go: what was answered lasts.
final class TopicOracle {
    private enum State {
        case changing
        case there(UniqueID, since: Instant)
        case gone(since: Instant)
    }

    private var states: [String: State] = [:]
    private var ids: Set<UniqueID> = []

    func change(_ name: String) { states[name] = .changing }

    func made(_ name: String, _ id: UniqueID, at now: Instant) -> [String] {
        states[name] = .there(id, since: now)
        return ids.insert(id).inserted ? [] : ["\(name) has the id of an older topic"]
    }

    func deleted(_ name: String, at now: Instant) { states[name] = .gone(since: now) }

    /// Takes a list of all topics.
    func listed(_ topics: [String: UniqueID], asked start: Instant) -> [String] {
        states.sorted { $0.key < $1.key }.compactMap { name, state in
            switch state {
            case .there(let id, let since) where since < start && topics[name] != id:
                "\(name) is lost, which was made"
            case .gone(let since) where since < start && topics[name] != nil:
                "\(name) is there, which was deleted"
            default: nil
            }
        }
    }
}
