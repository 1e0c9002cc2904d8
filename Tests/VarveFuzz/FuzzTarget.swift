public import VarveTerms

/// One decoder under hostile bytes.
///
/// A target is pure: the same input gives the same verdict, nothing is kept from one to the next.
public struct FuzzTarget: Sendable {
    /// What a target made of an input; both are well.
    public enum Verdict: Hashable, Sendable { case accepted, refused }

    public typealias Body = @Sendable (RawSpan) throws(FuzzFailure) -> Verdict
    /// Makes checksums right again after a mutation.
    public typealias Repair = @Sendable (inout [UInt8]) -> Void

    public let name: String
    public let limits: FuzzLimits
    /// Where good inputs come from.
    public let seeds: SeedRule
    let repair: Repair?
    let body: Body

    init(
        _ name: String, seeds: SeedRule, limits: FuzzLimits = FuzzLimits(), repair: Repair? = nil,
        _ body: @escaping Body
    ) {
        self.name = name
        self.seeds = seeds
        self.limits = limits
        self.repair = repair
        self.body = body
    }

    /// Makes the checksums of an input right, where the target has any.
    public func repair(_ input: inout [UInt8]) { repair?(&input) }

    public var hasRepair: Bool { repair != nil }
}

/// A broken oracle, in words.
public struct FuzzFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

/// Throws unless an oracle holds.
func expect(_ holds: Bool, _ broken: @autoclosure () -> String) throws(FuzzFailure) {
    guard holds else { throw FuzzFailure(broken()) }
}

/// What one input may take.
public struct FuzzLimits: Hashable, Sendable {
    /// Heap for an empty input, and for each byte of input besides.
    public var heapBase: ByteCount
    public var heapPerByte: Int
    /// Processor time in an optimised build; a debug build gets twenty times as much.
    public var milliseconds: Int

    /// - Parameters:
    ///   - heapBase: codecs' contexts and first capacities stay below the default, 256 KiB.
    ///   - heapPerByte: text is parsed into strings and dictionaries, whose entries take some ten
    ///     words for a row of four bytes, and twice that while they grow: 64.
    ///   - milliseconds: the slowest decoder takes microseconds for each KiB.
    public init(heapBase: ByteCount = .kib(256), heapPerByte: Int = 64, milliseconds: Int = 100) {
        self.heapBase = heapBase
        self.heapPerByte = heapPerByte
        self.milliseconds = milliseconds
    }

    func heapMax(forInput size: Int) -> Int { heapBase.bytes + heapPerByte * size }
}
