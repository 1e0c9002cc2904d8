/// The fewest bytes that a value can take, so that a count from outside can be held against the
/// bytes that are left.
struct LeastSize {
    let message: Message

    /// Over the versions that have the field; at least one byte.
    func ofElement(of field: Field) -> Int {
        guard case .array(let element) = field.type else { return 1 }
        let versions = field.versions.first...field.versions.last
        return max(1, versions.map { size(of: element, in: $0) }.min() ?? 1)
    }

    private func isFlexible(_ version: Int) -> Bool {
        message.flexible?.contains(version) ?? false
    }

    private func size(of type: FieldType, in version: Int) -> Int {
        switch type {
        case .scalar(.string): isFlexible(version) ? 1 : 2
        case .scalar(let scalar): scalar.size ?? (isFlexible(version) ? 1 : 4)
        case .array: isFlexible(version) ? 1 : 4
        case .structure(let name): size(ofStructure: name, in: version)
        }
    }

    private func size(ofStructure name: String, in version: Int) -> Int {
        let fields = message.structures.first { $0.name == name }?.fields ?? []
        let present = fields.filter { $0.versions.contains(version) && $0.tag == nil }
        return present.reduce(isFlexible(version) ? 1 : 0) { sum, field in
            if field.isNullable, case .structure = field.type { return sum + 1 }
            return sum + size(of: field.type, in: version)
        }
    }
}
