/// A tracked file speaks of the repository, never of a machine that it once lay on.
enum PlaceRules {
    /// Starts of paths that exist on one machine only. Written in pieces, so that this file
    /// passes its own rule.
    static let machinePaths = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/Us" + "ers/"]
    /// Text that tells of a place outside of the repository wherever it stands.
    static let outside = ["../sha" + "red", "bash_" + "jobs", "file:/" + "//"]

    static func findings(in source: SourceText) -> [Finding] {
        source.lines.enumerated().compactMap { index, line in
            let word =
                outside.first { line.contains($0) }
                ?? machinePaths.first { startsPath($0, in: line) }
            return word.map {
                source.finding(line: index + 1, "'\($0)' names a place on one machine")
            }
        }
    }

    /// Whether `path` stands in `line` as the start of an absolute path, not inside another one.
    private static func startsPath(_ path: String, in line: Substring) -> Bool {
        line.ranges(of: path).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let previous = line[line.index(before: range.lowerBound)]
            return !(previous.isLetter || previous.isNumber || "._-~*}$)".contains(previous))
        }
    }
}
