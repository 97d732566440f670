/// The limit of a decoder's memory. A few kilobytes can announce gigapixels (a decompression bomb), so the header is
/// checked against it before any pixel memory is allocated.
package struct DecodeLimits: Sendable, Equatable {
    /// The maximal width × height.
    package var maxPixels: Int

    package init(maxPixels: Int) {
        self.maxPixels = maxPixels
    }

    /// 100 megapixels: above any industrial area camera in use.
    package static let `default` = DecodeLimits(maxPixels: 100_000_000)

    func check(_ probe: ImageProbe) throws(ImageError) {
        let pixels = probe.width.multipliedReportingOverflow(by: probe.height)
        guard pixels.overflow || pixels.partialValue > maxPixels else { return }
        let megapixels = Double(probe.width) * Double(probe.height) / 1e6
        throw ImageError(
            .tooLarge,
            "the \(probe.format.name) is too large: its header announces \(probe.width)×\(probe.height) = "
                + "\(Self.rounded(megapixels)) megapixels, the limit is \(Self.rounded(Double(maxPixels) / 1e6)); "
                + "nothing was decoded")
    }

    private static func rounded(_ megapixels: Double) -> String {
        megapixels >= 10 || megapixels == megapixels.rounded()
            ? "\(Int(megapixels.rounded()))" : "\((megapixels * 1000).rounded() / 1000)"
    }
}
