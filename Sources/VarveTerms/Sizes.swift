/// A number of bytes: a size, a limit, a length; never negative.
@frozen
public struct ByteCount: Hashable, Comparable, Sendable {
    public let bytes: Int

    public static var zero: ByteCount { ByteCount(0) }

    /// - Precondition: `bytes >= 0`.
    @inlinable
    public init(_ bytes: Int) {
        precondition(bytes >= 0, "size \(bytes) is negative")
        self.bytes = bytes
    }

    /// A size from outside; nil when it is negative.
    @inlinable
    public init?(exactly bytes: Int) {
        guard bytes >= 0 else { return nil }
        self.bytes = bytes
    }

    @inlinable public static func kib(_ count: Int) -> ByteCount { ByteCount(count << 10) }
    @inlinable public static func mib(_ count: Int) -> ByteCount { ByteCount(count << 20) }
    @inlinable public static func gib(_ count: Int) -> ByteCount { ByteCount(count << 30) }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
    @inlinable
    public static func + (left: Self, right: Self) -> Self { Self(left.bytes + right.bytes) }
}

/// A place in a file: how many bytes lie before it. Never an offset, which counts records.
@frozen
public struct FilePosition: Hashable, Comparable, Sendable {
    public let bytes: Int

    public static var zero: FilePosition { FilePosition(0) }

    /// - Precondition: `bytes >= 0`.
    @inlinable
    public init(_ bytes: Int) {
        precondition(bytes >= 0, "position \(bytes) is negative")
        self.bytes = bytes
    }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
    @inlinable
    public func advanced(by size: Int) -> FilePosition { FilePosition(bytes + size) }
    @inlinable
    public func distance(to end: FilePosition) -> Int { end.bytes - bytes }
}

/// How many records; never negative. Not an offset: a compacted range has fewer records.
@frozen
public struct RecordCount: Hashable, Comparable, Sendable {
    public let rawValue: Int64

    public static var zero: RecordCount { RecordCount(0) }

    /// - Precondition: `rawValue >= 0`.
    @inlinable
    public init(_ rawValue: Int64) {
        precondition(rawValue >= 0, "count \(rawValue) is negative")
        self.rawValue = rawValue
    }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    @inlinable
    public static func + (left: Self, right: Self) -> Self { Self(left.rawValue + right.rawValue) }
}

extension ByteCount: CustomStringConvertible {
    public var description: String { String(bytes) }
}

extension FilePosition: CustomStringConvertible {
    public var description: String { String(bytes) }
}

extension RecordCount: CustomStringConvertible {
    public var description: String { String(rawValue) }
}
