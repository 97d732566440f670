import CKernels

extension Canvas {
    /// A stroke with round ends, `width` pixels wide. For a crisp one-pixel line go through pixel centres (…+0.5).
    package mutating func line(from start: Point, to end: Point, width: Double = 1, _ colour: Colour) {
        polyline([start, end], width: width, colour)
    }

    /// Connected strokes with round joints; one point is a dot.
    package mutating func polyline(_ points: [Point], closed: Bool = false, width: Double = 1, _ colour: Colour) {
        strokes([closed ? points + points.prefix(1) : points], width: width, colour)
    }

    /// Several polylines as one shape: crossings are covered once.
    package mutating func strokes(_ lines: [[Point]], width: Double, _ colour: Colour) {
        let points = lines.joined()
        guard let bounds = Bounds(points) else { return }
        let half = width / 2
        blend(
            left: bounds.left - half, top: bounds.top - half, right: bounds.right + half, bottom: bounds.bottom + half,
            colour
        ) { mask in
            for line in lines {
                for (index, end) in line.enumerated() where index > 0 || line.count == 1 {
                    let start = line[max(0, index - 1)]
                    ck_draw_segment(mask, Float(start.x), Float(start.y), Float(end.x), Float(end.y), Float(half))
                }
            }
        }
    }

    /// Covers a polygon by the even-odd rule.
    package mutating func fillPolygon(_ points: [Point], _ colour: Colour) {
        guard points.count > 2, let bounds = Bounds(points) else { return }
        let corners = points.flatMap { [Float($0.x), Float($0.y)] }
        var crossings = [Float](repeating: 0, count: points.count)
        blend(left: bounds.left, top: bounds.top, right: bounds.right, bottom: bounds.bottom, colour) { mask in
            var row = [Float](repeating: 0, count: Int(mask.width))
            ck_draw_polygon(mask, corners, Int32(points.count), &crossings, &row)
        }
    }

    /// Covers a rectangle; edges between pixels are antialiased.
    package mutating func fillRectangle(x: Double, y: Double, width: Double, height: Double, _ colour: Colour) {
        if colour.opacity == 1, let area = PixelArea(x: x, y: y, width: width, height: height, on: self) {
            let stride = self.width
            return withPixels { pixels in
                for row in area.rows {
                    let start = pixels.baseAddress.map { $0 + 3 * (row * stride + area.columns.lowerBound) }
                    ck_fill(start, area.columns.count, colour.bytes)
                }
            }
        }
        fillPolygon([Point(x, y), Point(x + width, y), Point(x + width, y + height), Point(x, y + height)], colour)
    }

    /// A rectangle's outline of `lineWidth` pixels, within its edges.
    package mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, lineWidth: Double = 1, _ colour: Colour
    ) {
        let line = min(lineWidth, width / 2, height / 2)
        fillRectangle(x: x, y: y, width: width, height: line, colour)
        fillRectangle(x: x, y: y + height - line, width: width, height: line, colour)
        fillRectangle(x: x, y: y + line, width: line, height: height - 2 * line, colour)
        fillRectangle(x: x + width - line, y: y + line, width: line, height: height - 2 * line, colour)
    }

    /// A circle's outline of `lineWidth` pixels, centred on the radius.
    package mutating func circle(centre: Point, radius: Double, lineWidth: Double = 1, _ colour: Colour) {
        ring(centre: centre, inner: max(radius - lineWidth / 2, 0), outer: radius + lineWidth / 2, colour)
    }

    /// Covers a disc.
    package mutating func fillCircle(centre: Point, radius: Double, _ colour: Colour) {
        ring(centre: centre, inner: 0, outer: radius, colour)
    }

    private mutating func ring(centre: Point, inner: Double, outer: Double, _ colour: Colour) {
        blend(
            left: centre.x - outer, top: centre.y - outer, right: centre.x + outer, bottom: centre.y + outer, colour
        ) { mask in
            ck_draw_ring(mask, Float(centre.x), Float(centre.y), Float(inner), Float(outer))
        }
    }
}

/// The pixels of a rectangle whose edges lie between pixels; nil for one that covers some in part.
private struct PixelArea {
    let columns, rows: Range<Int>

    init?(x: Double, y: Double, width: Double, height: Double, on canvas: Canvas) {
        let edges = [x, y, x + width, y + height]
        guard width >= 0, height >= 0, edges.allSatisfy({ $0 == $0.rounded() && abs($0) < 1e9 }) else { return nil }
        columns = (Int(x)..<Int(x + width)).clamped(to: 0..<canvas.width)
        rows = (Int(y)..<Int(y + height)).clamped(to: 0..<canvas.height)
    }
}

/// The smallest upright rectangle around points; nil for none, or if a coordinate is not a number.
private struct Bounds {
    var left = Double.infinity
    var top = Double.infinity
    var right = -Double.infinity
    var bottom = -Double.infinity

    init?(_ points: some Sequence<Point>) {
        for point in points {
            guard point.x.isFinite && point.y.isFinite else { return nil }
            left = min(left, point.x)
            right = max(right, point.x)
            top = min(top, point.y)
            bottom = max(bottom, point.y)
        }
        if left > right { return nil }
    }
}
