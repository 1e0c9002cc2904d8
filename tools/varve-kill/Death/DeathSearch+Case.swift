extension DeathSearch.Case: CustomStringConvertible {
    /// `script:call:moment`, and `:call:moment` of the second death where there is one.
    var description: String {
        let second = second.map { ":\($0.text)" } ?? ""
        return "\(script):\(first.text)\(second)"
    }

    init?(parsing text: String) {
        let words = text.split(separator: ":").compactMap { Int($0) }
        guard words.count == 3 || words.count == 5, Script.canonical.indices.contains(words[0]),
            let first = CountedFileSystem.Plan(words[1], words[2])
        else { return nil }
        self.init(script: words[0], first: first)
        guard words.count == 5 else { return }
        guard let second = CountedFileSystem.Plan(words[3], words[4]) else { return nil }
        self.second = second
    }
}

extension CountedFileSystem.Plan {
    /// The call, and the moment: 0 to 16 for sixteenths of a write, −1 before and 17 after it.
    fileprivate var text: String {
        switch moment {
        case .before: "\(ordinal):-1"
        case .after: "\(ordinal):17"
        case .amid(let sixteenths): "\(ordinal):\(sixteenths)"
        }
    }

    fileprivate init?(_ ordinal: Int, _ moment: Int) {
        switch moment {
        case -1: self.init(ordinal: ordinal, moment: .before)
        case 17: self.init(ordinal: ordinal, moment: .after)
        case 0...16: self.init(ordinal: ordinal, moment: .amid(sixteenths: moment))
        default: return nil
        }
    }
}
