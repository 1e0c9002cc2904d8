public import VarveTerms

/// How many bytes a compressed input may become before decompression gives up.
///
/// A few bytes from outside can stand for gigabytes, so the output is limited in two ways: by an
/// absolute size, and by a multiple of the input. Small inputs get a floor instead of the multiple,
/// because a short run of equal records lawfully shrinks by any factor.
///
///     limit(input) = min(sizeMax, max(floor, ratioMax × input))
public struct DecompressionBudget: Hashable, Sendable {
    /// What no output may pass, however large its input is.
    public let sizeMax: ByteCount
    /// How many bytes of output each byte of input may stand for, above the floor.
    public let ratioMax: Int
    /// What every output may reach, however small its input is; `sizeMax` still holds.
    public let floor: ByteCount

    /// The budget for batches of a Kafka log with its default limits.
    ///
    /// - `floor`, 8 MiB: a producer gathers at most 1 MiB of records by default
    ///   (`max.request.size`), so an honest batch passes even from one eight times as large, and
    ///   whatever its ratio: zstd writes 1 MiB of zeros as 51 bytes, 20,000 : 1.
    /// - `ratioMax`, 1,100: no deflate stream expands more than 1,032 : 1 (258 bytes from 2 bits)
    ///   and no LZ4 block more than 255 : 1, so only zstd can meet this limit.
    /// - `sizeMax`, 64 MiB: sixty-four times the default `max.message.bytes`; it is reached from
    ///   an input of 61,009 bytes on.
    public static var standard: DecompressionBudget { DecompressionBudget() }

    /// - Precondition: `ratioMax >= 1`.
    public init(
        sizeMax: ByteCount = .mib(64), ratioMax: Int = 1100, floor: ByteCount = .mib(8)
    ) {
        precondition(ratioMax >= 1, "ratio \(ratioMax) would refuse bytes that did not grow")
        self.sizeMax = sizeMax
        self.ratioMax = ratioMax
        self.floor = floor
    }

    /// The largest output that this budget allows an input of that size.
    public func limit(forInput input: ByteCount) -> ByteCount {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.budgetIgnored.isPlanted { return .gib(1) }
        #endif
        let (product, overflow) = input.bytes.multipliedReportingOverflow(by: ratioMax)
        let scaled = overflow ? sizeMax : ByteCount(product)
        return min(sizeMax, max(floor, scaled))
    }
}
