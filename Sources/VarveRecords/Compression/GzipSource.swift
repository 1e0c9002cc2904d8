internal import CZlib

/// Hands an input to zlib, whose sizes have 32 bits, in pieces.
@safe
struct GzipSource {
    private let bytes: UnsafeRawBufferPointer
    /// How many bytes were handed over so far, whether or not zlib took them yet.
    private(set) var handed = 0

    init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

    var isDrained: Bool { unsafe handed == bytes.count }

    /// Gives the stream the next piece when it has none.
    mutating func feed(_ stream: UnsafeMutablePointer<z_stream>) {
        // A reset keeps what the stream was given before an error, so the first piece replaces it.
        guard unsafe handed == 0 || stream.pointee.avail_in == 0 else { return }
        let piece = unsafe min(bytes.count - handed, 1 << 30)
        let start = unsafe bytes.baseAddress.map { unsafe $0 + handed }
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
            mutating: start?.assumingMemoryBound(to: UInt8.self))
        unsafe stream.pointee.avail_in = UInt32(piece)
        handed += piece
    }
}
