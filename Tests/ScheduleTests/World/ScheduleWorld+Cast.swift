/// Who takes part in a schedule.
extension ScheduleWorld {
    func cast() -> [Member] {
        switch schedule.kind {
        case .groups: groups(instances: [nil, nil, "i"]) + [TopicMaker(self, "d")]
        case .migrating: migrating()
        case .transactions: transactional(["x", "y", "z"])
        case .copying: copying()
        case .shares: sharing(3)
        case .everything:
            groups(instances: [nil, "i"]) + transactional(["x", "y"]) + copying() + sharing(2)
                + [TopicMaker(self, "d"), TopicMaker(self, "e")]
        }
    }

    private func groups(instances: [String?]) -> [Member] {
        instances.map { ClassicMember(self, instance: $0) }
            + instances.map { ConsumerMember(self, instance: $0) }
    }

    private func migrating() -> [Member] {
        (0..<2).map { _ in MigratingMember(self) }
            + (0..<2).map { _ in ConsumerMember(self, in: MigratingMember.group, instance: nil) }
    }

    private func transactional(_ ids: [String]) -> [Member] {
        ids.map { TransactionalProducer(self, id: $0) } + [
            PlainProducer(self, "plain", to: ["p-0", "p-1"], isIdempotent: false),
            PlainProducer(self, "idempotent", to: ["p-0", "p-1"], isIdempotent: true),
            CommittedReader(self, "reader", of: ["p-0", "p-1"]),
            OffsetReader(self, ids.map { "g-" + $0 }),
        ]
    }

    private func copying() -> [Member] {
        [
            PlainProducer(self, "source", to: ["in-0", "in-1"], isIdempotent: true),
            Copier(self, 0), Copier(self, 1),
        ]
    }

    private func sharing(_ count: Int) -> [Member] {
        [PlainProducer(self, "sharing", to: ["s-0"], isIdempotent: false)]
            + (0..<count).map { _ in ShareMember(self) }
    }
}
