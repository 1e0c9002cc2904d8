internal import VarveBytes
internal import VarveTerms

/// Bytes of answers on their way to one socket, in order.
///
/// Short parts and the sizes of frames are copied into chunks, so that many small answers leave as
/// one piece; long parts are sent from where they are.
///
/// *Invariants*: `size` is the sum of the pieces less what was sent of the first one; no piece is
/// empty; `heldSize` is the memory of the pieces that are not sent whole.
final class OutputQueue: GatheredBytes {
    private enum Piece {
        case chunk(OutputChunk, Range<Int>)
        case lent(any LentBytes)
        case file(FileRange)
        case sent
    }

    /// What to do next.
    enum Step {
        /// Write the pieces that `lendParts` lends.
        case gather
        case send(FileRange)
    }

    /// Parts up to this size are copied: about what naming another piece to the kernel costs.
    static let copySizeMax = 4 << 10
    /// Pieces of one write; the kernel takes at most 1,024.
    static let gatherCountMax = 64

    private let chunks: ChunkPool
    /// Pieces in order; those before `head` are sent.
    private var pieces: [Piece] = []
    private var head = 0
    /// Bytes of the first piece that are sent.
    private var sentOfHead = 0
    /// The chunk that takes the next small part.
    private var writing: OutputChunk?
    /// Bytes that wait.
    private(set) var size = 0
    /// The memory that they keep, in bytes.
    private(set) var heldSize = 0

    init(chunks: ChunkPool) { self.chunks = chunks }

    var isEmpty: Bool { size == 0 }

    /// Adds the answer's frame, with its size before it; nothing when there is none.
    func append(_ answer: Answer) {
        guard let parts = answer.parts else { return }
        copy(size: 4) { $0.append(Int32(answer.size.bytes)) }
        for part in parts where part.size > .zero {
            switch part {
            case .bytes(let bytes) where bytes.size.bytes <= Self.copySizeMax:
                bytes.lend { span in copy(size: span.byteCount) { $0.append(span) } }
            case .bytes(let bytes): append(.lent(bytes), size: bytes.size.bytes)
            case .file(let range): append(.file(range), size: range.size.bytes)
            }
        }
    }

    /// Adds a frame of `bytes`, at most `copySizeMax`, with its size before it.
    func append(copying bytes: RawSpan) {
        copy(size: 4 + bytes.byteCount) { buffer in
            buffer.append(Int32(bytes.byteCount))
            buffer.append(bytes)
        }
    }

    /// nil when nothing waits.
    var next: Step? {
        guard head < pieces.count else { return nil }
        guard case .file(let range) = pieces[head] else { return .gather }
        return .send(range.dropping(sentOfHead))
    }

    func lendParts(_ body: (RawSpan) -> Void) {
        let end = min(pieces.count, head + Self.gatherCountMax)
        for place in head..<end {
            let skipped = place == head ? sentOfHead : 0
            switch pieces[place] {
            case .chunk(let chunk, let range):
                chunk.lend(range.lowerBound + skipped..<range.upperBound, body)
            case .lent(let bytes):
                bytes.lend { body($0.extracting(skipped..<$0.byteCount)) }
            case .file, .sent: return
            }
        }
    }

    /// Forgets the first `count` bytes.
    /// - Precondition: so many wait.
    func didSend(_ count: Int) {
        precondition(count <= size, "\(count) bytes sent of \(size)")
        size -= count
        var rest = count
        while rest > 0 {
            let left = pieceSize(head) - sentOfHead
            guard rest >= left else {
                sentOfHead += rest
                break
            }
            rest -= left
            // Mappings and files are let go as soon as they are sent.
            heldSize -= pieceHeldSize(head)
            pieces[head] = .sent
            head += 1
            sentOfHead = 0
        }
        if size == 0 {
            if let writing { chunks.giveBack(writing) }
            writing = nil
        }
        if head >= pieces.count / 2 {
            pieces.removeFirst(head)
            head = 0
        }
    }

    private func pieceSize(_ place: Int) -> Int {
        switch pieces[place] {
        case .chunk(_, let range): range.count
        case .lent(let bytes): bytes.size.bytes
        case .file(let range): range.size.bytes
        case .sent: 0
        }
    }

    private func pieceHeldSize(_ place: Int) -> Int {
        switch pieces[place] {
        case .chunk(_, let range): range.count
        case .lent(let bytes): bytes.heldSize.bytes
        case .file, .sent: 0
        }
    }

    private func append(_ piece: Piece, size: Int) {
        pieces.append(piece)
        self.size += size
        heldSize += pieceHeldSize(pieces.count - 1)
    }

    /// Copies `size` bytes, at most a chunk of them, which `write` appends, behind what waits.
    private func copy(size: Int, _ write: (inout ByteBuffer) -> Void) {
        let chunk: OutputChunk
        if let writing, writing.hasRoom(for: size) {
            chunk = writing
        } else {
            chunk = chunks.take()
            writing = chunk
        }
        let range = chunk.append(write)
        if case .chunk(let last, let before)? = pieces.last, last === chunk,
            before.upperBound == range.lowerBound
        {
            pieces[pieces.count - 1] = .chunk(chunk, before.lowerBound..<range.upperBound)
            self.size += range.count
            heldSize += range.count
        } else {
            append(.chunk(chunk, range), size: range.count)
        }
    }
}
