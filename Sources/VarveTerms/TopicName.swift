/// What a topic may be called: 1 to 249 letters of `[a-zA-Z0-9._-]`, and neither `.` nor `..`.
public enum TopicName {
    /// The most letters: the name of a log's folder, which file systems hold to 255 bytes, needs a
    /// few more.
    public static let sizeMax = 249

    /// What is wrong with a name, in Kafka's words; nil when nothing is.
    public static func complaint(about name: String) -> String? {
        guard !name.isEmpty else { return "Topic name is invalid: the empty string is not allowed" }
        guard name != ".", name != ".." else {
            return "Topic name is invalid: '\(name)' is not allowed"
        }
        guard name.utf8.count <= sizeMax || !name.utf8.allSatisfy(isLawful) else {
            return "Topic name is invalid: the length of '\(name)' is longer than the max allowed "
                + "length \(sizeMax)"
        }
        guard name.utf8.allSatisfy(isLawful) else {
            return "Topic name is invalid: '\(name)' contains one or more characters other than "
                + "ASCII alphanumerics, '.', '_' and '-'"
        }
        return nil
    }

    private static func isLawful(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The name as metrics write it: names that differ only in `.` and `_` collide there.
    public static func collisionKey(of name: String) -> String {
        String(name.map { $0 == "." ? "_" : $0 })
    }
}
