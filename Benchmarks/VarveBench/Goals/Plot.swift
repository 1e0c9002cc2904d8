/// A drawing in SVG, made of lines, boxes and words. It looks the same everywhere: no scripts, no
/// fonts of its own, dark strokes on white.
struct Plot {
    let width: Int
    let height: Int
    private var parts: [String] = []

    init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

    /// Where words stand at their place.
    enum Anchor: String { case start, middle, end }

    mutating func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ fill: String) {
        parts.append(
            #"<rect x="\#(Self.place(x))" y="\#(Self.place(y))" width="\#(Self.place(width))" "#
                + #"height="\#(Self.place(height))" fill="\#(fill)"/>"#)
    }

    mutating func line(_ points: [(x: Double, y: Double)], _ stroke: String, width: Int = 1) {
        let text = points.map { "\(Self.place($0.x)),\(Self.place($0.y))" }.joined(separator: " ")
        parts.append(
            #"<polyline points="\#(text)" fill="none" stroke="\#(stroke)" "#
                + #"stroke-width="\#(width)"/>"#)
    }

    mutating func words(_ text: String, _ x: Double, _ y: Double, _ anchor: Anchor = .start) {
        parts.append(
            #"<text x="\#(Self.place(x))" y="\#(Self.place(y))" "#
                + #"text-anchor="\#(anchor.rawValue)">\#(Self.escaped(text))</text>"#)
    }

    /// The whole drawing as a document.
    var document: String {
        #"<svg xmlns="http://www.w3.org/2000/svg" width="\#(width)" height="\#(height)" "#
            + #"viewBox="0 0 \#(width) \#(height)" font-family="sans-serif" font-size="12">"#
            + "\n" + #"<rect width="100%" height="100%" fill="white"/>"# + "\n"
            + parts.joined(separator: "\n") + "\n</svg>\n"
    }

    /// One digit behind the point is finer than a screen.
    private static func place(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e6 else { return "0" }
        let tenths = Int((number * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;")
    }
}
