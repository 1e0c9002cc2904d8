/// Kafka was asked about every area in one life: what it lists of everything has topics, groups and
/// transactions of the other areas, too.
extension ProbeTree {
    /// Without the rows of what was made before the area's first request.
    ///
    /// - Parameters:
    ///   - here: the answer that it is compared with: what is in there is no stranger.
    ///   - isKnown: whether a request of the area spoke of a name.
    func withoutStrangers(to here: ProbeTree, isKnown: (String) -> Bool) -> ProbeTree {
        switch (self, here) {
        case (.object(let fields), .object(let others)):
            .object(
                Dictionary(
                    uniqueKeysWithValues: fields.map { name, field in
                        (name, field.withoutStrangers(to: others[name] ?? .null, isKnown: isKnown))
                    }))
        case (.list(let rows), .list(let others)):
            .list(rows.without(strangersTo: Set(others.compactMap(\.resource)), isKnown))
        default: self
        }
    }

    /// The name of the topic, group, transaction or resource that a row is about; nil when it is
    /// about something else.
    fileprivate var resource: String? {
        guard case .object(let fields) = self else { return nil }
        var names = ["transactionalId", "groupId", "resourceName"]
        if fields["partitions"] != nil { names.append("name") }
        for name in names {
            if case .text(let text)? = fields[name] { return text }
        }
        return nil
    }
}

extension [ProbeTree] {
    fileprivate func without(
        strangersTo here: Set<String>, _ isKnown: (String) -> Bool
    ) -> [ProbeTree] {
        filter { row in row.resource.map { here.contains($0) || isKnown($0) } ?? true }
    }
}
