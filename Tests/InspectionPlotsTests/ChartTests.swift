import InspectionPlots
import Testing

/// A document's elements; the reader knows no more XML than the charts use, and fails on anything else.
private struct Drawing {
    struct Element {
        let name: String
        let attributes: [String: String]
        var text = ""

        /// The points of a path, in its order; steps that name one coordinate keep the other.
        var points: [(x: Double, y: Double)] {
            var points: [(x: Double, y: Double)] = [(0, 0)]
            for step in (attributes["d"] ?? "").matches(of: /([MLHVhZ])([-\d. ]*)/) {
                let numbers = step.2.split(separator: " ").compactMap { Double($0) }, last = points[points.count - 1]
                switch step.1 {
                case "H": points.append((numbers[0], last.y))
                case "V": points.append((last.x, numbers[0]))
                case "M", "L": points.append((numbers[0], numbers[1]))
                default: break
                }
            }
            return Array(points.dropFirst())
        }
    }

    var elements: [Element] = []

    init(_ svg: SVG) throws {
        var rest = svg.text[...], open: [Int] = []
        while let tag = rest.firstMatch(of: /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<]*")*)(\/?)>/) {
            let text = rest[..<tag.range.lowerBound].trimmingPrefix("\n")
            if let last = open.last, elements[last].text.isEmpty { elements[last].text = String(text) }
            try #require(!text.contains("<") && !text.contains(/&(?!(amp|lt|gt|quot);)/))
            rest = rest[tag.range.upperBound...]
            if tag.1 == "/" {
                let innermost = open.popLast()
                let last = try #require(innermost)
                try #require(elements[last].name == tag.2)
                continue
            }
            let attributes = tag.3.matches(of: /([a-zA-Z-]+)="([^"]*)"/).map { (String($0.1), String($0.2)) }
            // XML allows an attribute once.
            try #require(Set(attributes.map(\.0)).count == attributes.count)
            elements.append(Element(name: String(tag.2), attributes: Dictionary(uniqueKeysWithValues: attributes)))
            if tag.4 != "/" { open.append(elements.count - 1) }
        }
        try #require(open.isEmpty && rest == "\n")
    }

    /// Paths with a value of an attribute.
    func paths(_ attribute: String, _ value: String) -> [Element] {
        elements.filter { $0.name == "path" && $0.attributes[attribute] == value }
    }
    var texts: [String] { elements.filter { $0.name == "text" }.map(\.text) }
}

@Suite struct ChartTests {
    private static let blue = "#3478be", orange = "#d6601e", red = "#c81428"

    @Test func a_roc_curve_hugs_the_corner_it_should() throws {
        let good = try Drawing(Charts.roc([(0, 0), (0, 1), (1, 1)], auroc: 1, operating: (0, 1), title: "ROC"))
        let chance = try Drawing(Charts.roc([(0, 0), (1, 1)], auroc: 0.5, operating: nil, title: "ROC"))
        let corner = try #require(good.paths("stroke", Self.blue).first).points
        let diagonal = try #require(chance.paths("stroke", Self.blue).first).points
        #expect(corner.count == 3 && corner[0].x == corner[1].x && corner[1].y == corner[2].y)
        #expect(corner[1].y < corner[0].y - 300 && corner[2].x > corner[1].x + 300)
        #expect(diagonal.count == 2 && diagonal[0] == corner[0] && diagonal[1] == corner[2])
        let point = try #require(good.elements.first { $0.name == "circle" })
        #expect(point.attributes["cx"] == "\(Int(corner[1].x))" && point.attributes["fill"] == Self.red)
        #expect(!chance.elements.contains { $0.name == "circle" })
        #expect(good.texts.contains("AUROC 1.0000") && good.texts.contains("threshold: 100.0 % found, 0.0 % false"))
    }

    @Test func a_histogram_shows_both_kinds_and_the_threshold() throws {
        let drawing = try Drawing(
            Charts.scoreHistogram(
                normal: (0..<100).map { Double($0) / 100 }, anomalous: [2, 2.1, 5], threshold: 1.2, title: "scores"))
        let normal = try #require(drawing.paths("fill", Self.blue).first).points
        let anomalous = try #require(drawing.paths("fill", Self.orange).first).points
        let threshold = try #require(drawing.paths("stroke", Self.red).first).points
        // Four corners a bar, and one bar a bin that holds anything.
        #expect(anomalous.count % 4 == 0 && (1...3).contains(anomalous.count / 4) && normal.count / 4 > 10)
        #expect(threshold.count == 2 && threshold[0].x == threshold[1].x)
        #expect(normal.allSatisfy { $0.x < threshold[0].x } && anomalous.allSatisfy { $0.x > threshold[0].x })
        #expect(drawing.texts.contains("normal (100)") && drawing.texts.contains("anomalous (3)"))
    }

    /// Nine level lines have each a colour, from the lowest line up, and the names take no room from them.
    @Test func many_lines_have_colours_of_their_own_and_names_beside_them() throws {
        let drawing = try Drawing(
            Charts.lines(
                (1...9).map { line in ("a long name of \(line)", [(0, Double(line)), (1, Double(line))]) }, title: "",
                xLabel: "", yLabel: ""))
        let lines = drawing.elements.filter { $0.name == "path" && $0.attributes["stroke-width"] == "2" }
        #expect(lines.count == 9 && Set(lines.compactMap { $0.attributes["stroke"] }).count == 9)
        let rows = lines.compactMap { $0.points.first?.y }
        #expect(rows == rows.sorted(by: >) && rows[0] - rows[8] > 300)
        let right = try #require(lines.flatMap(\.points).map(\.x).max())
        let names = drawing.elements.filter { $0.text.hasPrefix("a long name") }
        #expect(names.count == 9)
        #expect(names.allSatisfy { (Double($0.attributes["x"] ?? "") ?? 0) > right })
    }

    @Test func a_line_is_interrupted_where_it_has_no_value() throws {
        let drawing = try Drawing(
            Charts.lines(
                [("a", [(0, 1), (1, 2), (2, .nan), (3, 2), (4, .infinity), (5, 1)])], title: "", xLabel: "", yLabel: "")
        )
        let line = try #require(drawing.paths("stroke", Self.blue).first)
        let steps = try #require(line.attributes["d"]).filter(\.isLetter)
        // Two points, one alone, one alone.
        #expect(steps == "MLMhMh")
    }

    @Test func degenerate_data_still_draws() throws {
        for chart in [
            Charts.scoreHistogram(normal: [], anomalous: [], threshold: 0, title: ""),
            Charts.lines([("a", [(1, 2)])], title: "", xLabel: "", yLabel: ""),
            Charts.lines([], title: "", xLabel: "", yLabel: ""),
        ] {
            #expect(try Drawing(chart).elements.count > 5)
            #expect(!chart.text.contains(/"[^"]*(nan|inf)[^"]*"/))
        }
    }

    @Test func names_from_outside_are_text_and_nothing_else() throws {
        let hostile = "<script>alert(\"1\")</script> & \u{1}\u{1b}[31m\nnext"
        let chart = Charts.lines(
            [(hostile, [(0, 1), (1, 2)])], title: hostile, xLabel: hostile, yLabel: hostile)
        let drawing = try Drawing(chart)
        #expect(Set(drawing.elements.map(\.name)) == ["svg", "title", "rect", "path", "text"])
        let shown = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; \u{fffd}\u{fffd}[31m\u{fffd}next"
        #expect(drawing.texts.count { $0 == shown } == 4)
    }

    @Test func the_same_data_give_the_same_bytes_with_two_decimals_at_most() throws {
        let curve = (0...100).map { (x: Double($0) / 100, y: (Double($0) / 100).squareRoot()) }
        func chart() -> SVG { Charts.roc(curve, auroc: 2.0 / 3, operating: (1.0 / 3, 2.0 / 3), title: "ROC") }
        #expect(chart().data == chart().data)
        for element in try Drawing(chart()).elements {
            for value in element.attributes.values { #expect(!value.contains(/\d\.\d{3}/), "\(value)") }
        }
    }
}
