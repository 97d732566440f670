import CKernels

/// The image for an operator: the frame under its heat map, the regions' outlines and boxes, and a caption with the
/// verdict.
package enum Overlay {
    /// A region's box in the image's pixels.
    package struct Box: Sendable, Equatable {
        package let x, y, width, height: Int

        package init(x: Int, y: Int, width: Int, height: Int) {
            self.x = x
            self.y = y
            self.width = width
            self.height = height
        }
    }

    /// The content drawn over a frame.
    package struct Findings: Sendable {
        /// The anomaly map, `mapWidth × mapHeight` values in row order, covering the whole image at any resolution.
        package var map: [Float]
        package var mapWidth: Int
        package var mapHeight: Int
        package var scale: HeatScale
        /// Not zero inside a region; at the image's size, or empty for none.
        package var mask: [UInt8]
        package var boxes: [Box]

        package init(
            map: [Float], mapWidth: Int, mapHeight: Int, pixelThreshold: Float, mask: [UInt8] = [], boxes: [Box] = []
        ) {
            precondition(map.count == mapWidth * mapHeight, "\(map.count) values for a map of \(mapWidth)×\(mapHeight)")
            self.map = map
            self.mapWidth = mapWidth
            self.mapHeight = mapHeight
            self.scale = HeatScale(pixelThreshold: pixelThreshold)
            self.mask = mask
            self.boxes = boxes
        }
    }

    /// Draws the overlay: the frame's size and a caption bar below, so that coordinates are the image's and nothing is
    /// hidden.
    ///
    /// The heat's scale is fixed (`HeatScale`); outlines are red. 16-bit frames are shown by their high bytes.
    package static func draw(frame: Frame, findings: Findings, caption: Caption) -> Frame {
        let bar = CaptionBar(caption: caption, scale: findings.scale, width: frame.width)
        var canvas = Canvas(frame, below: bar.height, colour: CaptionBar.background)
        var strip = [Float](repeating: 0, count: ck_heat_strip * frame.width)
        canvas.withPixels { out in
            ck_heat_overlay(
                out.baseAddress, Int32(frame.width), Int32(frame.height), findings.map, Int32(findings.mapWidth),
                Int32(findings.mapHeight), findings.scale.factor, HeatScale.table, &strip)
        }
        // Thin in a thumbnail, visible in a 20-megapixel image.
        let line = max(1, Int((Double(min(frame.width, frame.height)) / 400).rounded()))
        draw(findings.boxes, line: line, on: &canvas)
        outline(findings.mask, frame: frame, line: line, on: &canvas)
        bar.draw(on: &canvas, top: frame.height)
        return canvas.frame
    }

    /// The map stretched over an image, bilinearly, pixel centres at halves: `toWidth × toHeight` values.
    package static func upsample(
        _ map: [Float], width: Int, height: Int, toWidth: Int, toHeight: Int
    ) -> [Float] {
        precondition(map.count == width * height, "\(map.count) values for a map of \(width)×\(height)")
        if width == toWidth && height == toHeight { return map }
        var out = [Float](repeating: 0, count: toWidth * toHeight)
        ck_upsample_add(map, Int32(height), Int32(width), Int32(toHeight), Int32(toWidth), &out)
        return out
    }

    /// White, with a dark line around it that keeps it visible on bright parts; both outside the region they enclose.
    private static func draw(_ boxes: [Box], line: Int, on canvas: inout Canvas) {
        for box in boxes {
            for (distance, colour) in [(3, Colour.black.with(opacity: 0.6)), (2, .white)] {
                let margin = distance * line
                canvas.rectangle(
                    x: Double(box.x - margin), y: Double(box.y - margin), width: Double(box.width + 2 * margin),
                    height: Double(box.height + 2 * margin), lineWidth: Double(line), colour)
            }
        }
    }

    private static func outline(_ mask: [UInt8], frame: Frame, line: Int, on canvas: inout Canvas) {
        guard !mask.isEmpty else { return }
        let count = frame.width * frame.height
        precondition(
            mask.count == count, "a mask of \(mask.count) pixels for an image of \(frame.width)×\(frame.height)")
        var scratch = [UInt8](repeating: 0, count: 2 * count)
        canvas.withPixels { out in
            ck_mask_outline(
                out.baseAddress, mask, Int32(frame.width), Int32(frame.height), Int32(line),
                Colour.red.bytes, &scratch)
        }
    }
}
